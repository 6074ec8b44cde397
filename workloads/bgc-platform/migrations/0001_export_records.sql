-- Brazilian export records as ComexStat publishes them, one row for each month, product and destination.
CREATE SCHEMA stg;

-- No foreign key from co_pais to countries_metadata: exports are loaded in bulk, also before the countries are, and a
-- destination nobody has described yet must not refuse the load. The simulator joins, so it shows described ones only.
CREATE TABLE stg.exportacao (
  id         bigint   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  co_ano     smallint NOT NULL CHECK (co_ano BETWEEN 1997 AND 2100),
  co_mes     smallint NOT NULL CHECK (co_mes BETWEEN 1 AND 12),
  co_ncm     char(8)  NOT NULL CHECK (co_ncm ~ '^[0-9]{8}$'),
  co_pais    char(3)  NOT NULL CHECK (co_pais ~ '^[A-Z]{3}$'),
  kg_liquido numeric(18, 3) NOT NULL CHECK (kg_liquido >= 0),
  vl_fob     numeric(18, 2) NOT NULL CHECK (vl_fob >= 0),
  CONSTRAINT exportacao_one_row_a_month UNIQUE (co_ano, co_mes, co_ncm, co_pais)
);

COMMENT ON COLUMN stg.exportacao.co_ncm IS 'Product in the Mercosur nomenclature (NCM), eight digits';
COMMENT ON COLUMN stg.exportacao.co_pais IS 'Destination, ISO 3166-1 alpha-3';
COMMENT ON COLUMN stg.exportacao.kg_liquido IS 'Net weight in kg';
COMMENT ON COLUMN stg.exportacao.vl_fob IS 'Value free on board in US dollars';

-- Every query asks for one product; the included columns let the simulator answer from the index alone.
CREATE INDEX exportacao_by_ncm ON stg.exportacao (co_ncm) INCLUDE (co_pais, kg_liquido, vl_fob);
