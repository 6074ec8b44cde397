import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkout } from "../../../scripts/support/checkout.ts";

/** The modules of `policies/` and `settings/` that each of them imports for its values, by path from the checkout. */
const imports: ReadonlyMap<string, readonly string[]> = new Map(
  globSync(["policies/**/*.ts", "settings/*.ts"], { cwd: checkout })
    .sort()
    .map((file) => {
      const source = readFileSync(join(checkout, file), "utf8");
      return [
        file,
        [...source.matchAll(/^(?:import|export) (?!type )[^;]*?from "(\.[^"]+)";$/gm)].map(([, to = ""]) =>
          join(dirname(file), to),
        ),
      ];
    }),
);

/** Rules stand in the folder of their family. */
const isRules = (file: string) => /^policies\/rules\/[^/]+\//.test(file);

/** A module and all that reach it. */
export function dependentsOf(file: string): ReadonlySet<string> {
  const found = new Set([file]);
  for (const each of found)
    for (const [importer, imported] of imports) if (imported.includes(each)) found.add(importer);
  return found;
}

/** A module and all that it reaches, but for rules. */
function reachedBy(file: string): ReadonlySet<string> {
  const found = new Set([file]);
  for (const each of found) for (const imported of imports.get(each) ?? []) if (!isRules(imported)) found.add(imported);
  return found;
}

/**
 * The files of rules, and the helpers that only rules use: what judges by them uses the others too, and would judge by
 * its own slip.
 */
export function ruleFiles(): string[] {
  const rules = [...imports.keys()].filter((file) => isRules(file));
  const judging = reachedBy("policies/engine/judge.ts");
  const helpers = [...new Set(rules.flatMap((file) => [...reachedBy(file)]))].filter(
    (file) => imports.has(file) && !isRules(file) && !judging.has(file),
  );
  return [...rules, ...helpers.sort()];
}
