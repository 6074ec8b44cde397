-- Stock, and every movement that made it what it is; read and written by inventory-service only.
CREATE SCHEMA inventory;

CREATE TABLE inventory.stock (
  sku       text    PRIMARY KEY CHECK (sku ~ '^[A-Za-z0-9._-]{1,64}$'),
  available integer NOT NULL CHECK (available >= 0),
  reserved  integer NOT NULL DEFAULT 0 CHECK (reserved >= 0)
);

COMMENT ON COLUMN inventory.stock.available IS 'Pieces that an order can still reserve';
COMMENT ON COLUMN inventory.stock.reserved IS 'Pieces held for orders whose payment is not decided yet';

CREATE TABLE inventory.reservations (
  order_id     uuid        PRIMARY KEY,
  round        integer     NOT NULL CHECK (round >= 1),
  status       text        NOT NULL CHECK (status IN ('RESERVED', 'REJECTED', 'RELEASED', 'COMMITTED')),
  amount_cents integer     NOT NULL CHECK (amount_cents >= 0),
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE inventory.reservation_items (
  order_id uuid    NOT NULL REFERENCES inventory.reservations,
  sku      text    NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  PRIMARY KEY (order_id, sku)
);

-- Only ever added to. Available and reserved stock are the sums of its two columns of changes.
CREATE TABLE inventory.ledger (
  id               bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sku              text        NOT NULL REFERENCES inventory.stock,
  order_id         uuid        REFERENCES inventory.reservations,
  round            integer,
  kind             text        NOT NULL CHECK (kind IN ('INITIAL', 'RESERVE', 'RELEASE', 'COMMIT')),
  available_change integer     NOT NULL,
  reserved_change  integer     NOT NULL,
  created_at       timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT ledger_orders_move_stock CHECK ((kind = 'INITIAL') = (order_id IS NULL) AND (order_id IS NULL) = (round IS NULL)),
  CONSTRAINT ledger_each_movement_once UNIQUE (order_id, round, sku, kind)
);

CREATE INDEX ledger_by_sku ON inventory.ledger (sku) INCLUDE (available_change, reserved_change);

-- Events that are true once their transaction is; published in the order of their ids.
CREATE TABLE inventory.outbox (
  id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id     uuid        NOT NULL UNIQUE,
  topic        text        NOT NULL,
  message_key  text        NOT NULL,
  payload      json        NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz
);

CREATE INDEX outbox_pending ON inventory.outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON inventory.outbox (published_at) WHERE published_at IS NOT NULL;

-- Messages whose effect is in this schema already.
CREATE TABLE inventory.processed_messages (
  consumer     text        NOT NULL,
  message_id   uuid        NOT NULL,
  processed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, message_id)
);

CREATE INDEX processed_messages_by_age ON inventory.processed_messages (processed_at);
