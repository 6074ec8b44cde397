import test from "ava";
import { command, kubectl } from "../../support/cluster.ts";

const runbook = (...args: string[]) => command(process.execPath, ["scripts/run.mjs", "runbook", ...args], { timeout: 900_000 });

interface Kept {
  readonly state: string;
  readonly kept: string;
  readonly facts: readonly { readonly about: string; readonly answer: string; readonly detail: string }[];
}

/** Runs a verb that acts; what it says of itself, once its evidence is in the cluster with the same words. */
async function done(namespace: string, ...args: string[]): Promise<Kept> {
  const { code, stdout, stderr } = await runbook(...args, "--yes", "--json");
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}${stdout}`);
  const { kept, ...evidence } = JSON.parse(stdout) as Kept;
  const stored = JSON.parse(await kubectl("get", "configmap", kept, "-n", namespace, "-o", "jsonpath={.data.evidence\\.json}")) as unknown;
  if (JSON.stringify(stored) !== JSON.stringify(evidence)) throw new Error(`ConfigMap ${kept} holds something else: ${JSON.stringify(stored)}`);
  return { kept, ...evidence };
}

const uids = async (namespace: string) => (await kubectl("get", "pods", "-n", namespace, "-l", "app in (proxy-service,upstream-service,redis)", "-o", "jsonpath={.items[*].metadata.uid}")).split(" ");

test.serial("status and verify find each system of the running stack as declared, and ask Kafka and Redis in their pods (E15, T08)", async (t) => {
  for (const args of [["status"], ["verify"], ["backups"], ["lag", "techbra-ecommerce"], ["topics", "techbra-ecommerce"], ["breaker", "resilient-api-gateway"], ["clients", "resilient-api-gateway"], ["logs", "bots-edi"]]) {
    const { code, stdout, stderr } = await runbook(...args);
    t.is(code, 0, `${args.join(" ")}: ${stdout}${stderr}`);
    t.notRegex(stdout, /^ {2}FAIL /m, args.join(" "));
  }
});

test.serial("a copy that is made by the command is verified, and its evidence stays in the cluster (G08, E03)", async (t) => {
  const { state, facts } = await done("api-gateway", "backup", "resilient-api-gateway", "redis");
  t.is(state, "done");
  t.deepEqual(facts.filter(({ answer }) => answer !== "yes"), []);
  t.true(facts.length > 0);
});

test.serial("a schedule is suspended and resumed, and a run by hand is refused to nobody but its own lock (E03)", async (t) => {
  const suspended = () => kubectl("get", "cronjob", "bots-engine", "-n", "edi", "-o", "jsonpath={.spec.suspend}");
  t.is((await done("edi", "suspend", "bots-edi", "bots-engine")).state, "done");
  t.is(await suspended(), "true");
  t.is((await done("edi", "run", "bots-edi", "bots-engine")).state, "done");
  t.is((await done("edi", "resume", "bots-edi", "bots-engine")).state, "done");
  t.is(await suspended(), "false");
});

test.serial("a restart replaces every pod of a system, one after another, and leaves nothing that an update would change (B13)", async (t) => {
  const before = await uids("api-gateway");
  const generations = () => kubectl("get", "deployments,statefulsets,horizontalpodautoscalers", "-n", "api-gateway", "-o", "jsonpath={range .items[*]}{.kind}/{.metadata.name} {.spec.template.metadata.annotations} {.spec.minReplicas}-{.spec.maxReplicas}{\"\\n\"}{end}");
  const declared = await generations();
  const { state, facts } = await done("api-gateway", "restart", "resilient-api-gateway");
  t.is(state, "done");
  t.deepEqual(facts.filter(({ answer }) => answer !== "yes"), []);
  t.is(await generations(), declared);
  const after = await uids("api-gateway");
  t.deepEqual(after.filter((uid) => before.includes(uid)), []);
});
