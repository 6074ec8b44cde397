import type { Sql } from "../data/postgres.ts";

/** A public source of trade data, as far as the local database can answer for it. */
export interface Connector {
  readonly name: string;
  /** Who runs the real source. */
  readonly authority: string;
  readonly description: string;
  /** What it knows about a product. */
  query(ncm: string): Sql;
}

/** The gateway's three connectors. */
export const connectors: readonly Connector[] = [
  {
    name: "comexstat",
    authority: "MDIC, Secretariat of Foreign Trade",
    description: "Monthly export records of a product by destination",
    query: (ncm) => ({
      text: `SELECT co_ano::int AS year, co_mes::int AS month, co_pais AS country_code, kg_liquido::float8 AS net_kg, vl_fob::float8 AS fob_usd
        FROM stg.exportacao WHERE co_ncm = $1 ORDER BY co_ano DESC, co_mes DESC, vl_fob DESC LIMIT 500`,
      values: [ncm],
    }),
  },
  {
    name: "siscomex",
    authority: "Portal Único Siscomex",
    description: "Totals of a product by month",
    query: (ncm) => ({
      text: `SELECT co_ano::int AS year, co_mes::int AS month, count(DISTINCT co_pais)::int AS destinations, sum(kg_liquido)::float8 AS net_kg, sum(vl_fob)::float8 AS fob_usd
        FROM stg.exportacao WHERE co_ncm = $1 GROUP BY co_ano, co_mes ORDER BY co_ano DESC, co_mes DESC LIMIT 120`,
      values: [ncm],
    }),
  },
  {
    name: "ibge",
    authority: "IBGE, countries service",
    description: "Countries that a product goes to",
    query: (ncm) => ({
      text: `SELECT code AS country_code, name_en AS country, distance_brazil_km AS distance_km FROM countries_metadata
        WHERE code IN (SELECT co_pais FROM stg.exportacao WHERE co_ncm = $1) ORDER BY name_en LIMIT 300`,
      values: [ncm],
    }),
  },
];
