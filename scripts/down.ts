import { withClusterLock } from "../cluster/local/lock.ts";
import { removeLocalCluster } from "../cluster/local/teardown.ts";
import { ensureToolchain, pulumiEnvironment } from "../cluster/toolchain.ts";
import { decideDown, type Offer } from "./support/binding.ts";
import { checkout, stateFolder } from "./support/checkout.ts";
import { foreignOwner } from "./support/cluster-owner.ts";
import { forgetCluster, stackKubeconfig } from "./support/cluster-record.ts";
import { npmCommand } from "./support/command.ts";
import { engineRecord } from "./support/engine-record.ts";
import { endOrphanedPlugins, projectFolder, pulumi, releaseStaleLocks, selectStack } from "./support/pulumi.ts";
import { refuseForeign, refuseLeft, refuseOtherKubeconfig } from "./support/refusals.ts";
import { situationOf } from "./support/stack-cluster.ts";
import { stackConfiguration } from "./support/stack-configuration.ts";
import { forgetStack } from "./support/stack-removal.ts";
import { writePrivate } from "./support/whole-file.ts";

const program = npmCommand("down")
  .option("--stack <name>", "stack to take down", "dev")
  .option("--purge", "remove volumes, passwords and backup copies too")
  .option(
    "--gone <cluster>",
    "with --purge: forget the stack, because this cluster, as a refusal names it, is gone for good",
  )
  .addHelpText(
    "after",
    "\nAnother cluster than the recorded one is never touched.\nExit codes: 0 down, 1 refused, failed or something is left, 2 wrong usage.",
  )
  .parse();
const { stack, purge = false, gone } = program.opts<{ stack: string; purge?: boolean; gone?: string }>();
if (gone !== undefined && !purge)
  program.error("--gone forgets a stack with all that it kept: add --purge", { exitCode: 2 });
const next = `next: npm run up${stack === "dev" ? "" : ` -- --stack ${stack}`}`;

try {
  stackConfiguration(stack); // names a stack that does not exist
  const situation = await situationOf(stack, { kubeconfig: process.env["KUBECONFIG"] });
  const decision = decideDown(situation, { purge, ...(gone !== undefined && { gone }) });
  if (decision.do === "nothing") console.log(decision.why);
  else if (decision.do === "stop local") await stopLocal();
  else if (decision.do === "destroy") await destroy(decision.offer, decision.why);
  else {
    await forgetStack(stack, { objectsAreGone: true });
    console.log(`stack ${stack} is forgotten: ${decision.why}; ${next}`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function stopLocal(): Promise<void> {
  endOrphanedPlugins();
  const { clusterBin } = await ensureToolchain({ parts: "cluster" });
  const left = await withClusterLock(console.log, async () => {
    refuseForeign({ foreign: foreignOwner() }); // it may have changed hands while the lock was waited for
    return removeLocalCluster(clusterBin, purge, console.log);
  });
  if (left.length > 0) throw new Error(`these could not be removed:\n  ${left.join("\n  ")}`);
  if (purge) await forgetStack(stack, { objectsAreGone: true });
  console.log(
    `the platform is down: no process, mount, network link or packet rule of it is left\n${purge ? "its data is gone" : "its volumes, passwords and backups stay"}; ${next}`,
  );
}

async function destroy({ context, kubeconfig }: Offer, why: string | undefined): Promise<void> {
  refuseOtherKubeconfig(stack, engineRecord(stack).kubeconfig, stackKubeconfig(stack));
  await ensureToolchain({ parts: "pulumi" });
  writePrivate(stackKubeconfig(stack), `${JSON.stringify(kubeconfig, undefined, 2)}\n`);
  const workspace = {
    folder: projectFolder(stateFolder, stack),
    env: { ...pulumiEnvironment(checkout), KUBECONFIG: stackKubeconfig(stack) },
  };
  await selectStack(stack, workspace);
  await releaseStaleLocks(stack, workspace);
  if (purge) await pulumi(["state", "unprotect", "--all", "--yes", "--stack", stack], workspace, { capture: true });
  const { code } = await pulumi(
    ["destroy", "--stack", stack, "--yes", ...(purge ? [] : ["--exclude-protected"])],
    workspace,
  );
  if (code !== 0)
    throw new Error(`the stack ${stack} could not be destroyed on ${context} (exit ${code}): the reason stands above`);
  const left = engineRecord(stack).resources;
  if (purge) {
    refuseLeft(stack, left);
    await forgetStack(stack, { objectsAreGone: false });
  } else if (left.length === 0) forgetCluster(stack); // free to go elsewhere
  console.log(
    `stack ${stack} is gone from ${context}${purge ? ", with its volumes, passwords and copies" : "; its volumes, passwords and backups stay"}; ${next}`,
  );
  if (why !== undefined) console.log(why);
}
