import type { Rule } from "../../../policies/rule.ts";
import { rulesAsOf } from "../../../policies/rules/index.ts";
import { parseSettings } from "../../../policies/settings.ts";
import { today } from "../fixtures/fixture.ts";
import type { RuleMutant } from "./rule-mutants.ts";
import { celRefutation, checkRefutation } from "./rule-trial.ts";

/** What became of some mutants. */
export interface Sweep {
  readonly judged: number;
  /** Those that no fixture refuses. */
  readonly alive: readonly string[];
  /** Of those that were refused, in a hundred. */
  readonly percent: number;
}

const settings = parseSettings();
const celOf = ({ admission }: Rule) => JSON.stringify(typeof admission === "function" ? admission(settings) : admission);
const realCel = new Map(rulesAsOf(today).map((rule) => [rule.id, celOf(rule)]));

/** Whether any fixture refuses a rule: by its check where the slip may be in that, and by its CEL where that is not the real one. */
function isRefused(rule: Rule, isCel: boolean): boolean {
  return (!isCel && checkRefutation(rule) !== undefined) || (celOf(rule) !== realCel.get(rule.id) && celRefutation(rule) !== undefined);
}

/** Judges mutants. A file that exports no rule has none that could be judged, and a slip in CEL that changes none is no mutant; neither counts. */
export async function sweep(mutants: readonly RuleMutant[]): Promise<Sweep> {
  const alive: string[] = [];
  let judged = 0;
  for (const { load, isCel, change } of mutants) {
    const rules = await load().catch(() => undefined);
    if (rules?.length === 0 || (isCel && rules?.every((rule) => celOf(rule) === realCel.get(rule.id)))) continue;
    judged += 1;
    if (rules !== undefined && !rules.some((rule) => isRefused(rule, isCel))) alive.push(change);
  }
  return { judged, alive, percent: (100 * (judged - alive.length)) / judged };
}
