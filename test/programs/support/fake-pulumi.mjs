// Stands in for Pulumi's CLI: keeps stacks in the layout of its file backend, and tells the API server of its
// kubeconfig what it does there.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";

const args = process.argv.slice(2).filter((arg) => arg !== "--non-interactive");
const [verb] = args;
const after = (option) => args[args.indexOf(option) + 1];
const { KUBECONFIG = "", FAKE_PULUMI = "", FAKE_PULUMI_LOG, FAKE_PULUMI_EVENTS } = process.env;
const stack = args.includes("--stack")
  ? after("--stack")
  : args.find((arg, index) => index > 1 && !arg.startsWith("--"));
const file = join(
  (process.env.PULUMI_BACKEND_URL ?? "").replace(/^file:\/\/|\?.*$/g, ""),
  ".pulumi/stacks/production-platform",
  `${stack}.json`,
);

if (verb === "version") {
  console.log("v3.215.0");
  process.exit(0);
}
appendFileSync(FAKE_PULUMI_LOG, `${args.join(" ").replace(/ --event-log \S+/, "")}\n`);

const urn = (type, name) => `urn:pulumi:${stack}::production-platform::${type}::${name}`;
const read = () => JSON.parse(readFileSync(file, "utf8")).checkpoint.latest?.resources ?? [];
const write = (resources) => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    JSON.stringify({
      version: 3,
      checkpoint: {
        stack: `organization/production-platform/${stack}`,
        latest: resources.length > 0 ? { resources } : null,
      },
    }),
  );
};
/** The API server of a context of a kubeconfig, as the provider finds it. */
function serverOf(name, kubeconfig) {
  const config = parse(readFileSync(kubeconfig, "utf8"));
  const context = config.contexts.find((entry) => entry.name === name);
  if (context === undefined) fail(`context "${name}" does not exist`);
  return config.clusters.find((entry) => entry.name === context.context.cluster).cluster.server;
}
/** Writes recorded events as the engine does: a log for the preview, which the update begins anew. */
async function play(phases, log) {
  for (const events of phases) {
    console.log(`the engine shows ${events.length} events in its own words`);
    writeFileSync(log, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
    await sleep(1000);
  }
}
function fail(message) {
  console.error(`error: ${message}`);
  process.exit(255);
}

if (args[0] === "stack" && args[1] === "select") {
  if (!existsSync(file)) write([]);
} else if (args[0] === "stack" && args[1] === "output") {
  console.log('{"operations": "targets []"}');
} else if (args[0] === "stack" && args[1] === "rm") {
  const left = read().length;
  if (left > 0 && !args.includes("--force")) fail(`'${stack}' still has resources; removal rejected`);
  rmSync(file);
} else if (verb === "up") {
  if (FAKE_PULUMI === "dies at once") process.exit(137);
  const context = parse(readFileSync(KUBECONFIG, "utf8"))["current-context"];
  const server = serverOf(context, KUBECONFIG);
  const {
    metadata: { uid },
  } = await (await fetch(`${server}/api/v1/namespaces/kube-system`)).json();
  await fetch(`${server}/objects/${stack}`, { method: "POST" });
  write([
    { urn: urn("pulumi:pulumi:Stack", stack), type: "pulumi:pulumi:Stack" },
    {
      urn: urn("pulumi:index:Stash", "cluster"),
      type: "pulumi:index:Stash",
      custom: true,
      outputs: { output: { context, uid } },
    },
    {
      urn: urn("pulumi:providers:kubernetes", "cluster"),
      type: "pulumi:providers:kubernetes",
      custom: true,
      inputs: { context, kubeconfig: KUBECONFIG },
    },
    {
      urn: urn("kubernetes:core/v1:Secret", "password"),
      type: "kubernetes:core/v1:Secret",
      custom: true,
      protect: true,
    },
    { urn: urn("kubernetes:apps/v1:Deployment", "api"), type: "kubernetes:apps/v1:Deployment", custom: true },
  ]);
  if (FAKE_PULUMI_EVENTS) await play(JSON.parse(readFileSync(FAKE_PULUMI_EVENTS, "utf8")), after("--event-log"));
  if (FAKE_PULUMI === "fails half-way") fail("the update failed");
} else if (verb === "state") {
  write(read().map(({ protect: _, ...resource }) => resource));
} else if (verb === "destroy") {
  const resources = read();
  // No program runs: the provider is as the last update left it.
  const { context, kubeconfig } = resources.find(({ type }) => type === "pulumi:providers:kubernetes")?.inputs ?? {};
  if (context !== undefined) await fetch(`${serverOf(context, kubeconfig)}/objects/${stack}`, { method: "DELETE" });
  if (FAKE_PULUMI === "leaves objects") process.exit(0);
  write(args.includes("--exclude-protected") ? resources.filter(({ urn: name }) => !name.endsWith("::api")) : []);
} else {
  fail(`unknown command ${args.join(" ")}`);
}
