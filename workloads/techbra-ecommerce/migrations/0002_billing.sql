-- Payments of orders; read and written by billing-service only.
CREATE SCHEMA billing;

CREATE TABLE billing.payments (
  order_id     uuid        PRIMARY KEY,
  amount_cents integer     NOT NULL CHECK (amount_cents >= 0),
  status       text        NOT NULL CHECK (status IN ('COMPLETED', 'FAILED', 'NOT_CHARGED', 'RETRYING')),
  reason       text,
  round        integer     NOT NULL CHECK (round >= 1),
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX payments_by_status ON billing.payments (status);

-- What was decided in each round; its key is why nobody is charged twice in one.
CREATE TABLE billing.payment_attempts (
  order_id     uuid        NOT NULL REFERENCES billing.payments,
  round        integer     NOT NULL CHECK (round >= 1),
  amount_cents integer     NOT NULL CHECK (amount_cents >= 0),
  outcome      text        NOT NULL CHECK (outcome IN ('COMPLETED', 'FAILED', 'NOT_CHARGED')),
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (order_id, round)
);

-- No order is paid for twice, in whatever rounds.
CREATE UNIQUE INDEX payment_attempts_paid_once ON billing.payment_attempts (order_id) WHERE outcome = 'COMPLETED';

-- Accepted retries by the key they were asked for with. The answer is json and not jsonb: it is repeated as it was given.
CREATE TABLE billing.payment_retries (
  order_id        uuid        NOT NULL REFERENCES billing.payments,
  idempotency_key text        NOT NULL CHECK (length(idempotency_key) BETWEEN 1 AND 128),
  answer          json        NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (order_id, idempotency_key)
);

-- Events that are true once their transaction is; published in the order of their ids.
CREATE TABLE billing.outbox (
  id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id     uuid        NOT NULL UNIQUE,
  topic        text        NOT NULL,
  message_key  text        NOT NULL,
  payload      json        NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz
);

CREATE INDEX outbox_pending ON billing.outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON billing.outbox (published_at) WHERE published_at IS NOT NULL;

-- Messages whose effect is in this schema already.
CREATE TABLE billing.processed_messages (
  consumer     text        NOT NULL,
  message_id   uuid        NOT NULL,
  processed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, message_id)
);

CREATE INDEX processed_messages_by_age ON billing.processed_messages (processed_at);
