import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Rule } from "../../../policies/rules/rule.ts";
import { rulesAsOf as realRules } from "../../../policies/rules/index.ts";
import { checkout } from "../../../scripts/support/checkout.ts";
import { today } from "../fixtures/fixture.ts";
import { answerOf } from "../helpers/example.ts";
import { examples } from "../helpers/index.ts";
import { ruleFiles } from "./rule-imports.ts";
import { loadWithSlip } from "./slipped-modules.ts";
import { celSlips, codeSlips } from "./slips.ts";

/** The rules after somebody made one slip in them. */
export interface RuleMutant {
  /** Where and what: `policies/rules/containers/probes.ts:40 < becomes <=`. */
  readonly change: string;
  /** Whether the slip is in a text of CEL. */
  readonly isCel: boolean;
  /** The rules of each module that the slip reaches; rejects where they cannot even be loaded. */
  load(): Promise<readonly Rule[]>;
  /** An answer of the slipped helper itself that is not the right one; undefined where none is wrong, and for rules. */
  wrongAnswer(): Promise<string | undefined>;
}

const index = "policies/rules/index.ts";
const real = new Set(realRules(today));

/** The slips in some files, by path from the checkout. @default those of {@link ruleFiles} */
export function ruleMutants(files: readonly string[] = ruleFiles()): RuleMutant[] {
  return files.flatMap((file) => {
    const source = readFileSync(join(checkout, file), "utf8");
    const slips = [
      ...codeSlips(source).map((slip) => ({ ...slip, isCel: false })),
      ...celSlips(source).map((slip) => ({ ...slip, isCel: true })),
    ];
    const answers = examples.find((each) => each.file === file)?.answers ?? [];
    return slips.map(
      ({ start, end, text, isCel }): RuleMutant => ({
        change: `${file}:${source.slice(0, start).split("\n").length} ${isCel ? "CEL " : ""}${source.slice(start, end)} becomes ${text || "nothing"}`,
        isCel,
        async load() {
          const { rulesAsOf } = (await loadWithSlip(
            index,
            file,
            source.slice(0, start) + text + source.slice(end),
          )) as { rulesAsOf: typeof realRules };
          return rulesAsOf(today).filter((rule) => !real.has(rule));
        },
        async wrongAnswer() {
          if (answers.length === 0) return undefined;
          const helper = await loadWithSlip(file, file, source.slice(0, start) + text + source.slice(end));
          return answers.find((each) => !isDeepStrictEqual(answerOf(each, helper), each.answer))?.title;
        },
      }),
    );
  });
}

/** One of so many mutants, by file and change: another line above a slip takes none in or out. */
export function sampleOf(mutants: readonly RuleMutant[], oneIn: number): RuleMutant[] {
  return mutants.filter(
    ({ change }) => createHash("sha256").update(change.replace(/:\d+/, "")).digest().readUInt32BE() % oneIn === 0,
  );
}
