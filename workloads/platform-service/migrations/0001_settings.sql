-- Settings of the platform. Every write is an audit event too, in the same transaction.
CREATE TABLE settings (
  key        text        PRIMARY KEY CHECK (key ~ '^[a-z][a-z0-9._-]{0,99}$'),
  value      jsonb       NOT NULL CHECK (jsonb_typeof(value) IN ('string', 'number', 'boolean', 'null') AND octet_length(value::text) <= 32768),
  version    integer     NOT NULL CHECK (version >= 0),
  updated_at timestamptz NOT NULL DEFAULT now(),
  updated_by text        NOT NULL
);

COMMENT ON COLUMN settings.version IS 'Number of writes; 0 and the value null exist only inside the transaction that creates a setting';
