import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { chooseCluster } from "../cluster/select.ts";
import { ensureToolchain, pulumiEnvironment } from "../cluster/toolchain.ts";
import type { Target } from "../components/systems/target.ts";
import { verify } from "../operations/verify.ts";
import { checkout, stateFolder } from "./support/checkout.ts";
import { claimLocalCluster } from "./support/cluster-owner.ts";
import { command } from "./support/command.ts";
import { endOrphanedPlugins, projectFolder, pulumi, releaseStaleLocks, selectStack } from "./support/pulumi.ts";
import { stackConfiguration } from "./support/stack-configuration.ts";

const program = command("npm run up --")
  .description("Bring a stack up: toolchain and local cluster where there is none, update under the policy pack, verification.")
  .option("--stack <name>", "stack to bring up: the file Pulumi.<name>.yaml", "dev")
  .addHelpText("after", "\nSafe to run again at any time, also after an interruption.\nExit codes: 0 up and verified, 1 failed, 2 wrong usage.")
  .parse();
const { stack } = program.opts<{ stack: string }>();
const started = performance.now();
const step = (text: string) => console.log(`\n== ${text} (${((performance.now() - started) / 1000).toFixed(0)} s)`);

try {
  const configuration = stackConfiguration(stack);
  step("toolchain");
  await ensureToolchain({ parts: "pulumi" });
  step("cluster");
  const named = configuration["production-platform:context"];
  const cluster = await chooseCluster(named ? { context: named } : {});
  const kubeconfig = privateKubeconfig(cluster.kubeconfig, cluster.context);
  const workspace = { folder: projectFolder(stateFolder, stack), env: { ...pulumiEnvironment(checkout), KUBECONFIG: kubeconfig } };
  if (cluster.kind === "local" || cluster.kind === "local-simulated") claimLocalCluster();
  step(`update of stack ${stack} on ${cluster.context}`);
  await selectStack(stack, workspace);
  await releaseStaleLocks(stack, workspace);
  endOrphanedPlugins();
  const { code } = await pulumi(["up", "--stack", stack, "--yes", "--policy-pack", "policies", "--suppress-outputs"], workspace);
  if (code !== 0) throw new Error(`the update failed (exit ${code}): the reason stands above. What was done is recorded; run the command again to go on`);
  step("verification");
  const { output } = await pulumi(["stack", "output", "--stack", stack, "--json"], workspace, { capture: true });
  const { targets } = JSON.parse(output) as { targets: Target[] };
  const failures = await verify(targets, kubeconfig, cluster.kind === "local-simulated", (line) => console.log(line));
  if (failures > 0) throw new Error(`${failures} checks failed: see the lines marked FAIL above, then "kubectl get events --sort-by=.lastTimestamp -A"`);
  nextSteps(targets, kubeconfig, cluster.kind === "local-simulated");
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

/** A copy of the kubeconfig whose current context is the chosen one: the user's own file is only read. */
function privateKubeconfig(source: string, context: string): string {
  const file = join(stateFolder, "kubeconfig");
  mkdirSync(stateFolder, { recursive: true });
  writeFileSync(`${file}.new`, stringify({ ...parse(readFileSync(source, "utf8")), "current-context": context }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return file;
}

function nextSteps(targets: readonly Target[], kubeconfig: string, simulated: boolean): void {
  console.log(`\nThe platform is ${simulated ? "declared on a simulated node, where no container runs" : "up and verified"} (${((performance.now() - started) / 1000).toFixed(0)} s).\n`);
  for (const { system, namespace, endpoints } of targets) {
    console.log(`${system} (namespace ${namespace})`);
    for (const { name, host, service, port, health } of endpoints) {
      console.log(`  ${name.padEnd(20)} kubectl port-forward -n ${namespace} svc/${service} ${port}:${port}, then http://localhost:${port}${health}${host ? `; with an ingress controller http://${host}` : ""}`);
    }
  }
  console.log([
    "",
    "next:",
    `  export KUBECONFIG=${kubeconfig}`,
    ...targets.map(({ namespace }) => `  kubectl get pods -n ${namespace}`),
    "  npm test                 check everything",
    "  npm run preview          see whether a change passes the policies",
    "  npm run down             take it down; volumes, passwords and backups stay",
  ].join("\n"));
}
