import type { ExecutionContext } from "ava";
import { command, kubectl } from "./cluster.ts";

/** Runs the command as npm does. */
export const runbook = (...args: string[]) =>
  command(process.execPath, ["scripts/run.mjs", "runbook", ...args], { timeout: 900_000 });

/** What a verb that acts says of itself with --json. */
interface Done {
  readonly kept: string;
  readonly state: string;
  readonly facts: readonly { readonly about: string; readonly answer: string }[];
}

/** Runs verbs that only look, and wants each to end well without a fact that is not so. */
export async function looksWell(t: ExecutionContext, ...verbs: readonly string[][]): Promise<void> {
  for (const args of verbs) {
    const { code, stdout, stderr } = await runbook(...args);
    t.is(code, 0, `${args.join(" ")}: ${stdout}${stderr}`);
    t.notRegex(stdout, /^ {2}FAIL /m, args.join(" "));
  }
}

/** Runs a verb that acts to its proven end, and wants the same words in the evidence that it left in the cluster. */
export async function actsWell(t: ExecutionContext, namespace: string, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await runbook(...args, "--yes", "--json");
  t.is(code, 0, `${args.join(" ")}: ${stderr}${stdout}`);
  const { kept, ...evidence } = JSON.parse(stdout) as Done;
  t.is(evidence.state, "done");
  t.true(evidence.facts.length > 0);
  t.deepEqual(
    evidence.facts.filter(({ answer }) => answer !== "yes"),
    [],
  );
  t.deepEqual(
    JSON.parse(await kubectl("get", "configmap", kept, "-n", namespace, "-o", "jsonpath={.data.evidence\\.json}")),
    evidence,
  );
}
