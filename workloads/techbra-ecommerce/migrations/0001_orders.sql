-- Orders and where their saga stands; read and written by order-service only.
CREATE SCHEMA orders;

CREATE TABLE orders.prices (
  sku         text    PRIMARY KEY CHECK (sku ~ '^[A-Za-z0-9._-]{1,64}$'),
  price_cents integer NOT NULL CHECK (price_cents > 0)
);

CREATE TABLE orders.orders (
  id           uuid        PRIMARY KEY,
  customer_id  text        NOT NULL,
  amount_cents integer     NOT NULL CHECK (amount_cents >= 0),
  status       text        NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'COMPLETED', 'CANCELLED')),
  reason       text,
  round        integer     NOT NULL DEFAULT 1 CHECK (round >= 1),
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT orders_cancelled_for_a_reason CHECK ((status = 'CANCELLED') = (reason IS NOT NULL))
);

COMMENT ON COLUMN orders.orders.round IS 'Attempt to pay for the order; what belongs to an earlier one is stale';

CREATE INDEX orders_newest_first ON orders.orders (created_at DESC, id);
CREATE INDEX orders_by_status ON orders.orders (status, updated_at);

CREATE TABLE orders.order_items (
  order_id uuid    NOT NULL REFERENCES orders.orders,
  sku      text    NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  PRIMARY KEY (order_id, sku)
);

-- Events that are true once their transaction is; published in the order of their ids.
CREATE TABLE orders.outbox (
  id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id     uuid        NOT NULL UNIQUE,
  topic        text        NOT NULL,
  message_key  text        NOT NULL,
  payload      json        NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz
);

CREATE INDEX outbox_pending ON orders.outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON orders.outbox (published_at) WHERE published_at IS NOT NULL;

-- Messages whose effect is in this schema already.
CREATE TABLE orders.processed_messages (
  consumer     text        NOT NULL,
  message_id   uuid        NOT NULL,
  processed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, message_id)
);

CREATE INDEX processed_messages_by_age ON orders.processed_messages (processed_at);
