import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { systemNames } from "../../components/systems/index.ts";

/** How a row of a runbook is answered. */
export const coverageKinds = ["declare", "guard", "fix", "operate", "alert", "target"] as const;

const kinds = z.array(z.enum(coverageKinds)).min(1);
const text = z.string().trim().min(1);

const runbook = z.strictObject({
  /** The letter that the ids of its rows begin with. */
  letter: z.string().regex(/^[A-Z]$/),
  /** The system, or "Everywhere". */
  title: text,
  /** The system's namespace. @default the rows hold in all of them */
  namespace: text.optional(),
  rows: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[A-Z]\d\d$/),
        kinds,
        /** What is asked for. */
        asks: text,
        /** Paths of the files that do it, from the checkout's folder. */
        code: z.array(text).min(1).default([]),
        /**
         * Titles of the tests that prove it, by test file: `unit/systems/bots-edi` is
         * `test/unit/systems/bots-edi.test.ts`.
         */
        tests: z.record(text, z.array(text).min(1)).default({}),
        /** What is not there or not proven, and what there is today. Links start from `docs/`. */
        open: z.array(z.strictObject({ kinds, says: text })).default([]),
      }),
    )
    .min(1),
});

/** The rows of a runbook, each with the code that does it and the tests that prove it. */
export type CoveredRunbook = z.output<typeof runbook>;
export type CoveredRow = CoveredRunbook["rows"][number];

/** The path of a test file in the checkout. */
export const testFile = (name: string) => `test/${name}.test.ts`;

/**
 * What docs/coverage/ says, in the order of the list of systems: a system without a file has no rows. Throws an error
 * that names the file and each part
 * of another shape.
 */
export const readCoverage = (checkout: string): CoveredRunbook[] =>
  [...systemNames, "everywhere"]
    .map((name) => `docs/coverage/${name}.yaml`)
    .filter((file) => existsSync(join(checkout, file)))
    .map((file) => parseRunbook(readFileSync(join(checkout, file), "utf8"), file));

export function parseRunbook(yaml: string, file: string): CoveredRunbook {
  const { data, error } = runbook.safeParse(parse(yaml));
  if (error) throw new Error(`${file} has another shape than scripts/support/coverage.ts:\n${z.prettifyError(error)}`);
  return data;
}
