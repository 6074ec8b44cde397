import type { Rule } from "../../../policies/rules/rule.ts";
import { rulesAsOf } from "../../../policies/rules/index.ts";
import { parseSettings } from "../../../policies/engine/settings.ts";
import type { Settings } from "../../../policies/engine/settings.ts";
import { settingsOf, today } from "../fixtures/fixture.ts";
import { fixtures } from "../fixtures/index.ts";
import type { RuleMutant } from "./rule-mutants.ts";
import { celRefutation, checkRefutation } from "./rule-trial.ts";

/** What became of some mutants. */
export interface Sweep {
  readonly judged: number;
  /** Those that no answer of a helper and no fixture refuses. */
  readonly alive: readonly string[];
  /** Of those that were refused, in a hundred; 100 where none was judged. */
  readonly percent: number;
}

const defaults = parseSettings();
const withNumbers = Map.groupBy(
  fixtures.filter(({ numbers }) => numbers !== undefined),
  ({ rule }) => rule,
);
const ownSettings = new Map<string, readonly Settings[]>();

/** A rule's CEL by the default numbers and by all that its fixtures have. */
function celOf({ id, admission }: Rule): string {
  if (typeof admission !== "function") return JSON.stringify(admission);
  if (!ownSettings.has(id)) ownSettings.set(id, [defaults, ...(withNumbers.get(id) ?? []).map(settingsOf)]);
  return JSON.stringify(ownSettings.get(id)!.map(admission));
}

const realCel = new Map(rulesAsOf(today).map((rule) => [rule.id, celOf(rule)]));
const hasOtherCel = (rule: Rule) => celOf(rule) !== realCel.get(rule.id);

/** Whether any fixture refuses a rule, by its CEL where that is not the real one, or by its check. */
function isRefused(rule: Rule): boolean {
  return (hasOtherCel(rule) && celRefutation(rule) !== undefined) || checkRefutation(rule) !== undefined;
}

/**
 * Judges mutants, those of helpers first by their own answers. A slip in CEL that changes none is no mutant, and does
 * not count; one that cannot be loaded is refused.
 */
export async function sweep(mutants: readonly RuleMutant[]): Promise<Sweep> {
  const alive: string[] = [];
  let judged = 0;
  for (const { load, wrongAnswer, isCel, change } of mutants) {
    if (
      await wrongAnswer().then(
        (title) => title !== undefined,
        () => true,
      )
    ) {
      judged += 1;
      continue;
    }
    const rules = await load().catch(() => undefined);
    if (isCel && rules?.every((rule) => !hasOtherCel(rule))) continue;
    judged += 1;
    if (rules !== undefined && !rules.some(isRefused)) alive.push(change);
  }
  return { judged, alive, percent: judged === 0 ? 100 : (100 * (judged - alive.length)) / judged };
}
