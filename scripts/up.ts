import { KubeConfig } from "@kubernetes/client-node";
import { askCluster } from "../cluster/identity.ts";
import { kubeconfigFiles, onlyContext, readKubeconfig, serverOf } from "../settings/kubeconfigs.ts";
import { startLocalCluster } from "../cluster/local/cluster.ts";
import { ingressAnswers, startIngress } from "../cluster/local/ingress.ts";
import { policyStatus } from "../cluster/local/policies.ts";
import { clusterFolder } from "../cluster/paths.ts";
import { chooseCluster, kindOf, startAgain } from "../cluster/select.ts";
import { ensureToolchain, pulumiEnvironment } from "../cluster/toolchain.ts";
import { targetsIn } from "../components/systems/outputs.ts";
import { verify } from "../operations/verify.ts";
import { decideUp, isLocal, type Offer } from "./support/binding.ts";
import { checkout, stateFolder } from "./support/checkout.ts";
import { claimLocalCluster, foreignOwner } from "./support/cluster-owner.ts";
import { type ClusterRecord, clusterRecord, recordCluster, stackKubeconfig } from "./support/cluster-record.ts";
import { npmCommand } from "./support/command.ts";
import { nextSteps } from "./support/next-steps.ts";
import { endOrphanedPlugins, projectFolder, pulumi, releaseStaleLocks, selectStack } from "./support/pulumi.ts";
import { Refusal, refuseForeign } from "./support/refusals.ts";
import { runLog } from "./support/run-log.ts";
import { situationOf } from "./support/stack-cluster.ts";
import { stackConfiguration } from "./support/stack-configuration.ts";
import { forgetStack } from "./support/stack-removal.ts";
import { update } from "./support/update.ts";
import { verificationLines } from "./support/verification-lines.ts";
import { some } from "./support/wording.ts";

const program = npmCommand("up")
  .option("--stack <name>", "stack to bring up: the file Pulumi.<name>.yaml", "dev")
  .addHelpText(
    "after",
    "\nSafe to run again at any time, also after an interruption.\nExit codes: 0 up and verified, 1 failed, 2 wrong usage.",
  )
  .parse();
const { stack } = program.opts<{ stack: string }>();
const started = performance.now();
const step = (text: string) => console.log(`\n== ${text} (${((performance.now() - started) / 1000).toFixed(0)} s)`);

try {
  const configuration = stackConfiguration(stack);
  step("toolchain and cluster");
  // Beside each other: a cluster that starts waits more than it works.
  const [{ kind, offer }] = await Promise.all([
    clusterOfStack(configuration["production-platform:context"] || undefined),
    ensureToolchain({ parts: "pulumi" }),
  ]);
  record(kind, offer);
  const kubeconfig = stackKubeconfig(stack);
  const simulated = kind === "local-simulated";
  const workspace = {
    folder: projectFolder(stateFolder, stack),
    env: { ...pulumiEnvironment(checkout), KUBECONFIG: kubeconfig },
  };
  step(`update of stack ${stack} on ${offer.context}`);
  await selectStack(stack, workspace);
  await releaseStaleLocks(stack, workspace);
  endOrphanedPlugins();
  const log = runLog(stack, "up");
  process.on("exit", () => log.close());
  console.log(`all details: ${log.file}`);
  // Beside the update, which waits more than it works: on a machine without a registry it is built once, for minutes.
  const ingress =
    kind === "local"
      ? ensureToolchain({ parts: "cluster" }).then(({ clusterBin }) =>
          startIngress(clusterBin, (line) => log.add(line)),
        )
      : undefined;
  ingress?.catch(() => {}); // said below: what fails beside an update must not end it halfway
  await update(stack, workspace, log);
  await ingress;
  const onMachine = kind === "local" && ingressAnswers();
  step("verification");
  const { output } = await pulumi(["stack", "output", "--stack", stack, "--json"], workspace, { capture: true });
  const targets = targetsIn(JSON.parse(output) as Record<string, unknown>);
  let failed = 0;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeconfig);
  for await (const verified of verify(targets, kubeConfig, { simulated, ingress: onMachine })) {
    const { lines, details } = verificationLines(verified);
    for (const line of details) log.add(line);
    console.log(lines.join("\n"));
    failed += verified.checks.filter(({ passed }) => !passed).length;
  }
  if (kind === "local") {
    const { enforced, possible, detail } = await policyStatus();
    console.log(`${enforced ? "ok  " : possible ? "FAIL" : "note"} network policies: ${detail}`);
    if (!enforced && possible) failed += 1;
  }
  if (failed > 0)
    throw new Error(
      `${some(failed, "check")} failed: see the lines marked FAIL above, then "kubectl get events --sort-by=.lastTimestamp -A"; all details: ${log.file}`,
    );
  console.log(
    `\nThe platform is ${simulated ? "declared on a simulated node, where no container runs" : "up and verified"} (${((performance.now() - started) / 1000).toFixed(0)} s).\n`,
  );
  console.log(nextSteps(targets, stack, kubeconfig, onMachine).join("\n"));
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exit(1); // ends what goes on beside it, such as a build
}

type Kind = ClusterRecord["kind"];

/** The stack's cluster, running: the recorded one and no other, or one that is chosen where none is recorded. */
async function clusterOfStack(named: string | undefined, tried = false): Promise<{ kind: Kind; offer: Offer }> {
  const situation = await situationOf(stack, { named, kubeconfig: process.env["KUBECONFIG"] });
  const { bound } = situation;
  // A recorded k3d or kind cluster that was stopped is started; the question is then asked once more.
  if (
    bound &&
    situation.offers.every(({ uid }) => uid === undefined) &&
    !tried &&
    (named ?? bound.context) === bound.context &&
    (await startAgain(bound.context, console.log))
  )
    return clusterOfStack(named, true);
  const decision = decideUp(situation);
  switch (decision.do) {
    case "choose":
      return chosen(named);
    case "begin anew":
      console.log(`${decision.why}: its record is forgotten`);
      await forgetStack(stack, { objectsAreGone: true });
      return clusterOfStack(named);
    case "start local":
      if (tried) throw new Refusal(`the local cluster was started, and does not answer: npm run cluster -- status`);
      await startLocalCluster(console.log);
      return clusterOfStack(named, true);
    case "use": {
      console.log(`using the context ${decision.offer.context}: stack ${stack} is on this cluster`);
      if (!isLocal(decision.offer))
        return { kind: clusterRecord(stack)?.kind ?? kindOf(decision.offer.context) ?? "named", offer: decision.offer };
      const { real } = await startLocalCluster(console.log); // what of it does not run
      return { kind: real ? "local" : "local-simulated", offer: decision.offer };
    }
  }
}

async function chosen(named: string | undefined): Promise<{ kind: Kind; offer: Offer }> {
  const {
    kind,
    context,
    kubeconfig: files,
  } = await chooseCluster({
    ...(named && { context: named }),
    beforeLocal: () => refuseForeign({ foreign: foreignOwner() }),
  });
  const kubeconfig = onlyContext(readKubeconfig(kubeconfigFiles(files)), context);
  if (kubeconfig === undefined) throw new Error(`the context "${context}" names a cluster that ${files} does not have`);
  const answer = await askCluster(kubeconfig);
  if (!("uid" in answer))
    throw new Refusal(
      `the cluster of context "${context}" cannot be told from others: ${answer.problem}. Nothing was changed`,
    );
  return { kind, offer: { context, kubeconfig, uid: answer.uid } };
}

/** Before the update begins, so that an interrupted one is known too. */
function record(kind: Kind, { context, uid, kubeconfig }: Offer): void {
  const local = kind === "local" || kind === "local-simulated";
  if (local) claimLocalCluster(uid!);
  const since = clusterRecord(stack)?.since ?? new Date().toISOString();
  recordCluster(
    stack,
    { context, kind, server: serverOf(kubeconfig), uid: uid!, ...(local && { folder: clusterFolder }), since },
    kubeconfig,
  );
}
