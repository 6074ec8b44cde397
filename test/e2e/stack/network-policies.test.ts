import test from "ava";
import { enforcePolicies } from "../../../cluster/local/policies.ts";
import { removeRules } from "../../../cluster/local/packet-rules.ts";
import { ensureToolchain } from "../../../cluster/toolchain.ts";
import { command, eventually, kubectl, withManifest } from "../../support/cluster.ts";
import { runOnce } from "../../support/cron-job.ts";
import { expected } from "../../support/flow-matrix.ts";
import { flowTables } from "../../support/flow-tables.ts";
import {
  answered,
  connection,
  declared,
  listeners,
  type Source,
  sources,
  startProbe,
} from "../../support/network-probe.ts";
import { testOwn } from "../../support/own-cluster.ts";

const tables = await flowTables("dev");
const namespaces = Object.keys(tables);
const openings = expected(tables);
const apps = await sources(namespaces);
const outside: readonly Source[] = [
  { namespace: "kube-system", name: "ingress controller", labels: { "app.kubernetes.io/name": "traefik" } },
  { namespace: "kube-system", name: "stranger", labels: { app: "stranger" } },
];
const { clusterBin } = await ensureToolchain({ parts: "cluster", print: () => {} });

test.serial(
  "of all connections between pods those of the flow tables are answered, and no other, from the first moment of a pod's life (X05)",
  async (t) => {
    const [from, to] = [[...apps, ...outside], await listeners(apps)];
    const open = await answered(from, to);
    const all = from.flatMap((source) =>
      to.map((listener) => ({
        title: connection(source, listener),
        wanted: declared(openings, source, listener, namespaces),
      })),
    );
    t.log(`${open.size} of ${all.length} connections were answered`);
    t.deepEqual(
      all
        .filter(({ title, wanted }) => wanted !== open.has(title))
        .map(({ title, wanted }) => `${title} is ${wanted ? "refused" : "open"}`),
      [],
    );
    t.true(open.size > 100 && all.length > 1200, `${open.size} of ${all.length}`);
  },
);

test.serial(
  "the nodes' and pods' measurements pass the policies: metrics-server knows what each system uses",
  async (t) => {
    for (const namespace of namespaces) {
      const lines = await eventually(
        `measurements of namespace ${namespace}`,
        90,
        () => kubectl("top", "pods", "-n", namespace, "--no-headers"),
        (text) => text !== "",
      );
      t.regex(lines, /^\S+\s+\d+m\s+\d+Mi/m, namespace);
    }
  },
);

test.serial("a connection that is open ends when the policy that allowed it goes", async (t) => {
  const [namespace, app] = ["techbra-test", "policy-drill"];
  const policy = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: app, namespace },
    spec: {
      podSelector: { matchLabels: { app } },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [{ podSelector: { matchLabels: { app } } }] }],
      egress: [{ to: [{ podSelector: { matchLabels: { app } } }] }],
    },
  };
  t.is((await withManifest(policy, "create")).code, 0);
  t.teardown(() => command("kubectl", ["delete", "networkpolicy", app, "-n", namespace, "--ignore-not-found"]));
  const source = { namespace, name: app, labels: { app } };
  const server = await startProbe(
    source,
    `require("node:net").createServer((socket) => socket.pipe(socket).on("error", () => {})).listen(7777); setTimeout(() => process.exit(), 120_000);`,
  );
  t.teardown(server.remove);
  const address = await eventually(
    "the server's address",
    60,
    () => kubectl("get", "pod", server.name, "-n", namespace, "-o", "jsonpath={.status.podIP}"),
    (ip) => ip !== "",
  );
  // One connection says something each half second and prints each answer; nothing makes it anew.
  const client = await startProbe(
    source,
    `
const open = () => require("node:net").connect({ host: "${address}", port: 7777 }).on("error", () => setTimeout(open, 500)).on("connect", function () { setInterval(() => this.write("."), 500); }).on("data", () => console.log("answer"));
open(); setTimeout(() => process.exit(), 120_000);`,
  );
  t.teardown(client.remove);
  const answers = async () =>
    (await kubectl("logs", client.name, "-n", namespace)).split("\n").filter((line) => line === "answer").length;
  await eventually("an open connection", 60, answers, (count) => count > 3);
  await kubectl("delete", "networkpolicy", app, "-n", namespace);
  let last = -1;
  await eventually("the end of the answers", 20, answers, (count) => {
    const still = count === last;
    last = count;
    return still;
  });
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  t.is(await answers(), last, "and none came afterwards");
});

testOwn(
  "without the policy engine what is forbidden is open, the cluster's status says so, and the next start closes it again",
  async (t) => {
    const stranger = apps.filter(({ name, namespace }) => name === "stranger" && namespace === "data");
    const to = (await listeners(apps)).filter(({ namespace }) => namespace === "data");
    const status = () => command(process.execPath, ["scripts/run.mjs", "cluster", "status"]);
    try {
      await removeRules();
      t.deepEqual([...(await answered(stranger, to))].sort(), to.map((each) => connection(stranger[0]!, each)).sort());
      const { code, stdout } = await status();
      t.is(code, 1);
      t.regex(
        stdout,
        /^FAIL network policies: not enforced, its packet rules or its queue are missing\. Next: npm run cluster -- up$/m,
      );
    } finally {
      await enforcePolicies(clusterBin, () => {});
    }
    t.deepEqual([...(await answered(stranger, to))], []);
    t.regex((await status()).stdout, /^ok {3}network policies: enforced by process \d+$/m);
  },
);

testOwn(
  "every CronJob runs to its end at the first try where a pod's first seconds are refused, as k3s does (B11, E10)",
  async (t) => {
    const { items } = JSON.parse(await kubectl("get", "cronjobs", "-A", "-o", "json")) as {
      items: { metadata: { name: string; namespace: string } }[];
    };
    await enforcePolicies(clusterBin, () => {}, 6);
    try {
      const ends = await Promise.all(
        items.map(
          async ({ metadata: { name, namespace } }) =>
            `${namespace}/${name}: ${(await runOnce(namespace, name, "late")).outcome}`,
        ),
      );
      t.deepEqual(
        ends.filter((end) => !end.endsWith(": Complete")),
        [],
      );
      t.is(ends.length, 11);
    } finally {
      await enforcePolicies(clusterBin, () => {});
    }
  },
);
