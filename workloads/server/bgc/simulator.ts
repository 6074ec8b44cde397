import * as z from "zod";
import type { Sql } from "../data/postgres.ts";

/** A product code of the Mercosur nomenclature. */
export const ncm = z
  .string({ error: "expected a string of 8 digits" })
  .regex(/^\d{8}$/, { error: "expected exactly 8 digits" });

/** Largest volume in kg: more than Brazil exports of all goods in a year. */
const largestVolume = 1e12;

const volumeExpected = `expected a number above 0 and up to ${largestVolume}`;
const countExpected = "expected a whole number from 1 to 50";

/** What the simulator is asked. */
export const simulation = z.object(
  {
    ncm,
    volume_kg: z
      .number({ error: volumeExpected })
      .positive({ error: volumeExpected })
      .max(largestVolume, { error: volumeExpected }),
    max_results: z
      .int({ error: countExpected })
      .min(1, { error: countExpected })
      .max(50, { error: countExpected })
      .default(10),
  },
  { error: "expected an object" },
);

export type Simulation = z.output<typeof simulation>;

/** One country to export to, best first. */
export interface Destination {
  readonly rank: number;
  readonly country_code: string;
  readonly country: string;
  readonly exports_kg: number;
  readonly exports_usd: number;
  readonly price_usd_per_kg: number;
  /** Part of the product's exports by value, 0 to 1. */
  readonly market_share: number;
  readonly distance_km: number;
  /** 0 to 100. */
  readonly score: number;
  /** What the volume asked about would bring at this country's average price. */
  readonly estimated_revenue_usd: number;
}

/** What counts how much for the score; the parts add up to 1. */
export const scoreWeights = { value: 0.5, price: 0.3, nearness: 0.2 } as const;

/** Half of the Earth's circumference in km: no destination is farther. */
const farthest = 20_038;

/**
 * Ranks the countries that buy a product. The score is 100 times the weighted sum of
 * - value: the country's purchases in US dollars against those of the product's largest buyer, for the size of the
 * market;
 * - price: its average price per kg against the best one, for what a kg brings there;
 * - nearness: 1 minus its distance against half of the Earth's circumference, for what freight takes away again.
 * All recorded months count. Countries without metadata are left out, also of the market shares.
 */
export function destinationsQuery({ ncm, volume_kg, max_results }: Simulation): Sql {
  return {
    text: `
WITH market AS (
  SELECT c.code, c.name_en, c.distance_brazil_km AS km, sum(e.kg_liquido) AS kg, sum(e.vl_fob) AS usd
  FROM stg.exportacao e JOIN countries_metadata c ON c.code = e.co_pais
  WHERE e.co_ncm = $1
  GROUP BY c.code
  HAVING sum(e.kg_liquido) > 0 AND sum(e.vl_fob) > 0
), measured AS (
  SELECT *, usd / kg AS price, usd / sum(usd) OVER () AS share,
    $4::numeric * usd / max(usd) OVER ()
      + $5::numeric * (usd / kg) / max(usd / kg) OVER ()
      + $6::numeric * (1 - km / $7::numeric) AS fitness
  FROM market
)
SELECT row_number() OVER (ORDER BY fitness DESC, code)::int AS rank, code AS country_code, name_en AS country,
  kg::float8 AS exports_kg, usd::float8 AS exports_usd, round(price, 4)::float8 AS price_usd_per_kg,
  round(share, 4)::float8 AS market_share, km AS distance_km, round(100 * fitness, 2)::float8 AS score,
  round(price * $2::numeric, 2)::float8 AS estimated_revenue_usd
FROM measured ORDER BY fitness DESC, code LIMIT $3`,
    values: [ncm, volume_kg, max_results, scoreWeights.value, scoreWeights.price, scoreWeights.nearness, farthest],
  };
}

/** Where an answer is cached; readable, so that an operator can find and delete it. */
export const simulationKey = ({ ncm, volume_kg, max_results }: Simulation): string =>
  `bgc:simulator:${ncm}:${volume_kg}:${max_results}`;

/** Products there is data for. */
export const availableProducts: Sql = {
  text: "SELECT DISTINCT co_ncm AS ncm FROM stg.exportacao ORDER BY 1",
  values: [],
};

/** Tables without which nothing here works. */
export const tables = ["stg.exportacao", "countries_metadata"];
