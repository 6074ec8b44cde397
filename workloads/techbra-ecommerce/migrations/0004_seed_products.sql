-- Products to start with: prices for order-service, and stock with its first ledger rows for inventory-service.
-- LIMITED-01 is there to run out.
INSERT INTO orders.prices (sku, price_cents) VALUES
  ('NOTEBOOK-14', 459900),
  ('PHONE-128',   219900),
  ('TABLET-10',   149900),
  ('MONITOR-27',  129900),
  ('KEYBOARD-BR',  24900),
  ('MOUSE-W1',      8990),
  ('HEADSET-BT',   19990),
  ('CABLE-USBC',    2990),
  ('LIMITED-01',   99900);

WITH first_stock (sku, pieces) AS (VALUES
  ('NOTEBOOK-14', 1000000),
  ('PHONE-128',   1000000),
  ('TABLET-10',   1000000),
  ('MONITOR-27',  1000000),
  ('KEYBOARD-BR', 1000000),
  ('MOUSE-W1',    1000000),
  ('HEADSET-BT',  1000000),
  ('CABLE-USBC',  1000000),
  ('LIMITED-01',       10)
), stocked AS (
  INSERT INTO inventory.stock (sku, available) SELECT sku, pieces FROM first_stock RETURNING sku, available
)
INSERT INTO inventory.ledger (sku, kind, available_change, reserved_change) SELECT sku, 'INITIAL', available, 0 FROM stocked;
