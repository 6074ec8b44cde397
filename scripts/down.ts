import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { withClusterLock } from "../cluster/local/cluster.ts";
import { contextName } from "../cluster/local/settings.ts";
import { removeLocalCluster } from "../cluster/local/teardown.ts";
import { ensureToolchain, pulumiEnvironment } from "../cluster/toolchain.ts";
import { checkout, stateFolder } from "./support/checkout.ts";
import { command } from "./support/command.ts";
import { endOrphanedPlugins, projectFolder, pulumi, releaseStaleLocks, selectStack } from "./support/pulumi.ts";

const program = command("npm run down --")
  .description("Take a stack down. On the local cluster everything stops and its data stays; elsewhere the stack is destroyed but for what it protects.")
  .option("--stack <name>", "stack to take down", "dev")
  .option("--purge", "remove volumes, passwords and backup copies too")
  .addHelpText("after", "\nExit codes: 0 down, 1 failed or something is left, 2 wrong usage.")
  .parse();
const { stack, purge = false } = program.opts<{ stack: string; purge?: boolean }>();
const kubeconfig = join(stateFolder, "kubeconfig");

try {
  const context = existsSync(kubeconfig) ? (parse(readFileSync(kubeconfig, "utf8")) as { "current-context": string })["current-context"] : contextName;
  await (context === contextName ? stopLocal() : destroy(context));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function stopLocal(): Promise<void> {
  endOrphanedPlugins();
  const { clusterBin } = await ensureToolchain({ parts: "cluster" });
  const left = await withClusterLock(console.log, () => removeLocalCluster(clusterBin, purge, console.log));
  if (left.length > 0) throw new Error(`these could not be removed:\n  ${left.join("\n  ")}`);
  if (purge) await forgetStack();
  console.log(`the platform is down: no process, mount, network link or packet rule of it is left\n${purge ? "its data is gone" : "its volumes, passwords and backups stay"}; next: npm run up`);
}

/** After a purge the engine's record describes objects that are gone. */
async function forgetStack(): Promise<void> {
  if (!existsSync(join(stateFolder, "backend/.pulumi"))) return;
  await ensureToolchain({ parts: "pulumi" });
  const workspace = { folder: projectFolder(stateFolder, stack), env: pulumiEnvironment(checkout) };
  await releaseStaleLocks(stack, workspace);
  await pulumi(["stack", "rm", stack, "--yes", "--force"], workspace, { capture: true });
}

async function destroy(context: string): Promise<void> {
  await ensureToolchain({ parts: "pulumi" });
  const workspace = { folder: projectFolder(stateFolder, stack), env: { ...pulumiEnvironment(checkout), KUBECONFIG: kubeconfig } };
  await selectStack(stack, workspace);
  await releaseStaleLocks(stack, workspace);
  if (purge) await pulumi(["state", "unprotect", "--all", "--yes", "--stack", stack], workspace, { capture: true });
  const { code } = await pulumi(["destroy", "--stack", stack, "--yes", ...(purge ? [] : ["--exclude-protected"])], workspace);
  if (code !== 0) throw new Error(`the stack ${stack} could not be destroyed on ${context} (exit ${code}): the reason stands above`);
  console.log(`stack ${stack} is gone from ${context}${purge ? "" : "; its volumes, passwords and backups stay"}; next: npm run up`);
}
