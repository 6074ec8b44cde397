-- Sixteen export records to start with: raw cane sugar, iron ore pellets, soybeans and boneless beef, four destinations
-- each, in plausible monthly amounts. Rows that a ComexStat load has brought in the meantime are left alone.
INSERT INTO stg.exportacao (co_ano, co_mes, co_ncm, co_pais, kg_liquido, vl_fob) VALUES
  (2025, 9, '17011400', 'CHN', 412350000, 172775000),
  (2025, 9, '17011400', 'DZA', 198420000,  84725000),
  (2025, 9, '17011400', 'IDN', 241180000,  99848000),
  (2025, 9, '17011400', 'MAR', 103760000,  44928000),
  (2025, 9, '26011200', 'CHN', 684500000,  79402000),
  (2025, 9, '26011200', 'JPN', 312900000,  39425000),
  (2025, 9, '26011200', 'NLD', 148300000,  18093000),
  (2025, 9, '26011200', 'BHR', 227600000,  27084000),
  (2025, 9, '12010090', 'CHN', 6120000000, 2509200000),
  (2025, 9, '12010090', 'ESP', 264700000,  109850000),
  (2025, 9, '12010090', 'THA', 231400000,   96725000),
  (2025, 9, '12010090', 'NLD', 176900000,   74298000),
  (2025, 9, '02013000', 'CHL',   8420000,   48415000),
  (2025, 9, '02013000', 'URY',   2310000,   12243000),
  (2025, 9, '02013000', 'NLD',   1140000,    9462000),
  (2025, 9, '02013000', 'DEU',    486000,    4471000)
ON CONFLICT ON CONSTRAINT exportacao_one_row_a_month DO NOTHING;
