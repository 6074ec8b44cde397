import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";

const folder = new URL("../../../workloads/", import.meta.url).pathname;
const read = (path: string) => readFileSync(join(folder, path), "utf8");

const seeds = [
  ...read("bgc-platform/migrations/0003_seed_exports.sql").matchAll(
    /^ {2}\((\d{4}), (\d{1,2}), '(\d{8})', '([A-Z]{3})', +(\d+), +(\d+)\)/gm,
  ),
].map(([, year, month, ncm, country, kg, usd]) => ({
  month: `${year}-${month}`,
  ncm: ncm!,
  country: country!,
  price: Number(usd) / Number(kg),
}));
const countries = [
  ...read("bgc-platform/populate-countries.sql").matchAll(/^ {2}\('([A-Z]{3})', '([^']+)', (\d+)\)/gm),
].map(([, code, name, distance]) => ({ code: code!, name: name!, distance: Number(distance) }));

test("there are exactly sixteen seed rows, none of them twice", (t) => {
  t.is(seeds.length, 16);
  t.is(new Set(seeds.map(({ month, ncm, country }) => `${month} ${ncm} ${country}`)).size, 16);
});

test("the seed rows cover the four products with four countries each", (t) => {
  const products = Object.groupBy(seeds, ({ ncm }) => ncm);
  t.deepEqual(Object.keys(products).sort(), ["02013000", "12010090", "17011400", "26011200"]);
  for (const [ncm, rows] of Object.entries(products)) t.is(rows?.length, 4, ncm);
});

test("seed prices are plausible for their products", (t) => {
  const bounds: Record<string, [number, number]> = {
    "17011400": [0.3, 0.6],
    "26011200": [0.08, 0.2],
    "12010090": [0.3, 0.6],
    "02013000": [4, 12],
  };
  for (const { ncm, country, price } of seeds) {
    const [low, high] = bounds[ncm]!;
    t.true(price >= low && price <= high, `${ncm} ${country} ${price}`);
  }
});

test("there are exactly fifty countries with different codes and names", (t) => {
  t.is(countries.length, 50);
  t.is(new Set(countries.map(({ code }) => code)).size, 50);
  t.is(new Set(countries.map(({ name }) => name)).size, 50);
});

test("every country of the seed rows is among the fifty", (t) => {
  const codes = new Set(countries.map(({ code }) => code));
  t.deepEqual(
    seeds.map(({ country }) => country).filter((country) => !codes.has(country)),
    [],
  );
});

test("distances agree with known great-circle distances from Brasilia within five percent", (t) => {
  const known = { ARG: 2340, CHN: 16930, JPN: 17680, PRT: 7280, USA: 6800, ZAF: 7890 };
  for (const [code, expected] of Object.entries(known)) {
    const { distance } = countries.find((country) => country.code === code)!;
    t.true(Math.abs(distance - expected) / expected < 0.05, `${code} ${distance}`);
  }
});

test("the loads can be run again", (t) => {
  t.regex(read("bgc-platform/migrations/0003_seed_exports.sql"), /ON CONFLICT .* DO NOTHING;/);
  t.regex(read("bgc-platform/populate-countries.sql"), /ON CONFLICT \(code\) DO UPDATE/);
});

test("migrations are numbered without a gap", (t) => {
  const numbers = readdirSync(join(folder, "bgc-platform/migrations")).map((name) =>
    Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1]),
  );
  t.deepEqual(
    numbers,
    numbers.map((_, index) => index + 1),
  );
  t.is(numbers.length, 3);
});
