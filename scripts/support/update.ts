import { failureLines, failures, type Failures } from "./failures.ts";
import { faultLines, faultsIn, findingOf } from "./policy-report.ts";
import { pulumi, type Workspace } from "./pulumi.ts";
import type { RunLog } from "./run-log.ts";
import { shown } from "./shown-run.ts";
import { updateProgress } from "./update-progress.ts";

/**
 * Updates a stack under the policy pack and shows how far it is. Throws with every failure in full when it does not end
 * well: the exit code is the engine's word.
 */
export async function update(stack: string, workspace: Workspace, log: RunLog): Promise<void> {
  const wrong = failures();
  const args = ["up", "--stack", stack, "--yes", "--policy-pack", "policies", "--suppress-outputs"];
  let interrupted = false;
  const note = () => (interrupted = true);
  process.on("SIGINT", note).on("SIGTERM", note);
  const { code } = await shown(
    () => pulumi(args, workspace, { log: log.descriptor, events: log.events }),
    updateProgress(),
    log,
    (event) => wrong.see(event),
  ).finally(() => process.off("SIGINT", note).off("SIGTERM", note));
  if (code === 0) return;
  const found = reasons(wrong);
  throw new Error(
    [
      `the update of stack ${stack} ${interrupted ? "was interrupted" : "failed"} (exit ${code})`,
      ...(found.length > 0 || interrupted
        ? found
        : ["the engine named no object; the end of what it printed:", ...log.tail(20).map((line) => `  ${line}`)]),
      "",
      `all that the engine printed: ${log.file}`,
      `next: ${interrupted ? "" : "mend what is named above, then "}npm run up -- --stack ${stack}; what was done is recorded, and it goes on from there`,
    ].join("\n"),
  );
}

function reasons(wrong: Failures): string[] {
  const found = [
    ...wrong.list().map(failureLines),
    ...faultsIn(wrong.violations().map(findingOf)).map((fault) => faultLines(fault)),
  ];
  return found.flatMap((lines, index) => [
    "",
    ...lines.map((line, at) => `${at === 0 ? `${index + 1}. ` : "   "}${line}`),
  ]);
}
