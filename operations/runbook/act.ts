import type { Target } from "../../components/systems/target.ts";
import { answerOf } from "../api-answer.ts";
import { Interrupted, Refused } from "./errors.ts";
import { type Evidence, keepEvidence } from "./evidence.ts";
import { type Fact, proven } from "./fact.ts";
import { type Held, holdLease } from "./lease.ts";
import { missingRights, rightsOfActing } from "./rights.ts";
import type { Run } from "./run-id.ts";
import type { ActingVerb, Input, Plan, Scope } from "./verb.ts";

/** How a verb is to be run. */
export interface Manner {
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly strict: boolean;
  /** Puts a question to a person; `undefined` where nobody is there. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  readonly say: (line: string) => void;
}

/** How it ended; nothing was kept of a dry run. */
export interface Acted {
  readonly plan: Plan["changes"];
  readonly evidence?: Evidence;
  /** The ConfigMap that holds it. */
  readonly kept?: string;
}

/**
 * Rights, plan, question, lease, steps, proof, evidence. Throws {@link Refused} where nothing was changed. What ends
 * later is in the evidence, with
 * the reason; a lease is given back in every case but a killed process.
 */
export async function act(
  verb: ActingVerb,
  target: Target,
  scope: Scope,
  input: Input,
  run: Run,
  manner: Manner,
): Promise<Acted> {
  const { namespace, system } = target;
  const { say } = manner;
  const missing = await missingRights(scope.kubeConfig, namespace, [
    ...verb.rights,
    ...(verb.more?.(target) ?? []),
    ...rightsOfActing,
  ]);
  if (missing.length > 0)
    throw new Refused([
      `you may not, in namespace ${namespace}: ${missing.join(", ")}. "runbook rights ${verb.name}" prints a Role with all that ${verb.name} needs`,
    ]);
  const plan = await sound(verb, target, scope, input);
  say(`${verb.name} ${system}: context ${scope.context}, stack ${scope.stack}, namespace ${namespace}`);
  for (const { object, from, to } of plan.changes) say(`  ${object}: ${from} → ${to}`);
  if (manner.dryRun) {
    say("dry run: nothing was changed");
    return { plan: plan.changes };
  }
  if (verb.kind === "disturbs" && !manner.yes) await confirmed(system, run, manner);
  const lease = await holdLease(namespace, system, run, scope, say);
  try {
    const again = await sound(verb, target, scope, input);
    if (JSON.stringify(again.changes) !== JSON.stringify(plan.changes))
      throw new Refused([
        `what runs has changed since the plan was shown. Nothing was changed; run the command again: ${run.line}`,
      ]);
    const evidence = await carriedOut(again, target, scope, lease, run, manner);
    const kept = await keepEvidence(evidence, run, scope).catch(
      (error: unknown) => void say(`the evidence could not be kept in namespace ${namespace}: ${answerOf(error)}`),
    );
    return { plan: plan.changes, evidence, ...(kept && { kept }) };
  } finally {
    await lease.release();
  }
}

async function sound(verb: ActingVerb, target: Target, scope: Scope, input: Input): Promise<Plan> {
  const plan = await verb.plan(target, scope, input);
  if (plan.problems.length > 0) throw new Refused(plan.problems);
  return plan;
}

async function confirmed(system: string, { line }: Run, { ask, say }: Manner): Promise<void> {
  if (ask === undefined)
    throw new Refused([
      `it disturbs what runs, and there is no terminal to ask on. With --yes it does not ask: ${line} --yes`,
    ]);
  const typed = await ask(`This disturbs what runs. Type the system's name to go on: `);
  if (typed.trim() !== system) throw new Refused([`"${typed.trim()}" is not ${system}`]);
  say("");
}

async function carriedOut(
  plan: Plan,
  target: Target,
  scope: Scope,
  lease: Held,
  run: Run,
  { strict, say }: Manner,
): Promise<Evidence> {
  const steps: Evidence["steps"][number][] = [];
  const started = scope.now();
  const within = { ...scope, signal: AbortSignal.any([scope.signal, lease.lost]) };
  let facts: readonly Fact[] = [];
  let state: Evidence["state"] = "done";
  let at = "";
  try {
    for (const [index, step] of plan.steps.entries()) {
      at = `${index + 1}/${plan.steps.length} ${step.name}`;
      await lease.step(at);
      if (within.signal.aborted) throw new Interrupted("it was not begun");
      say(at);
      const since = performance.now();
      const note = (result: string) =>
        steps.push({ name: step.name, seconds: Math.round((performance.now() - since) / 1000), result });
      try {
        note(await step.run(within));
      } catch (error) {
        note(answerOf(error));
        throw error;
      }
    }
    at = "the proof";
    facts = await plan.prove();
    for (const { about, answer, detail } of facts)
      say(`${answer === "yes" ? "ok  " : answer === "no" ? "FAIL" : "?   "} ${about}: ${detail}`);
    if (!proven(facts, strict)) state = "not proven";
  } catch (error) {
    state = error instanceof Interrupted && !lease.lost.aborted ? "interrupted" : "failed";
    const why = lease.lost.aborted ? (lease.lost.reason as Error).message : answerOf(error);
    say(`${state} at ${at}: ${why}`);
    // A run that took the system over has plans of its own for it.
    const tookBack = lease.lost.aborted
      ? ""
      : await plan.takeBack?.().catch((failed: unknown) => `nothing could be put back: ${answerOf(failed)}`);
    if (tookBack) say(tookBack);
    say(plan.goOn);
  }
  const { namespace, system } = target;
  const result = plan.result?.();
  return {
    run: run.id,
    verb: run.verb,
    who: run.who,
    line: run.line,
    system,
    namespace,
    context: scope.context,
    stack: scope.stack,
    plan: plan.changes,
    before: plan.before ?? {},
    steps,
    facts,
    ...(result && { result }),
    state,
    started: started.toISOString(),
    ended: scope.now().toISOString(),
  };
}
