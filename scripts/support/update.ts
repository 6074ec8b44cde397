import { failureLines, failures } from "./failures.ts";
import { faultLines, faultsIn, findingOf } from "./policy-report.ts";
import { pulumi, type Workspace } from "./pulumi.ts";
import type { RunLog } from "./run-log.ts";
import { shown } from "./shown-run.ts";
import { updateProgress } from "./update-progress.ts";

/** Updates a stack under the policy pack and shows how far it is. Throws with every failure in full when it does not end well: the exit code is the engine's word. */
export async function update(stack: string, workspace: Workspace, log: RunLog): Promise<void> {
  const wrong = failures();
  const env = { ...workspace.env, PULUMI_DEBUG_COMMANDS: "true" }; // makes the CLI accept --event-log
  const args = ["up", "--stack", stack, "--yes", "--policy-pack", "policies", "--suppress-outputs", "--event-log", log.events];
  const { code } = await shown(() => pulumi(args, { ...workspace, env }, { log: log.descriptor }), updateProgress(), log, (event) => wrong.see(event));
  if (code === 0) return;
  throw new Error([
    `the update of stack ${stack} failed (exit ${code})`,
    ...reasons(wrong, log),
    "",
    `all that the engine printed: ${log.file}`,
    `next: mend what is named above, then npm run up -- --stack ${stack}; what was done is recorded, and it goes on from there`,
  ].join("\n"));
}

function reasons(wrong: ReturnType<typeof failures>, log: RunLog): string[] {
  const found = [...wrong.list().map(failureLines), ...faultsIn(wrong.violations().map(findingOf)).map((fault) => faultLines(fault))];
  if (found.length === 0) return ["the engine named no object; the end of what it printed:", ...log.tail(20).map((line) => `  ${line}`)];
  return found.flatMap((lines, index) => ["", ...lines.map((line, at) => `${at === 0 ? `${index + 1}. ` : "   "}${line}`)]);
}
