import test from "ava";
import type { Target } from "../../../../components/systems/target.ts";
import type { ExecIn } from "../../../../operations/runbook/exec.ts";
import { fakeCluster, type Thing } from "../../../support/fake-cluster.ts";
import { backupCronJob, ended, runbook, shop } from "../../../support/runbook.ts";
import { controller, pod } from "../../../support/workload-things.ts";

const now = Date.now();
const ago = (hours: number) => `${new Date(now - hours * 3_600_000).toISOString().slice(0, 19)}Z`;

/** Evidence of a run that ended so many hours ago. */
const evidence = (verb: string, hours: number, state: string): Thing => ({
  kind: "ConfigMap",
  metadata: { name: `evidence-${verb}`, labels: { "production-platform/evidence": verb } },
  data: {
    "evidence.json": JSON.stringify({
      run: "20260131t020000-9f3a",
      who: "ana@laptop",
      line: `npx runbook ${verb} bgc-platform`,
      state,
      started: ago(hours),
      ended: ago(hours),
      facts: [{ about: "it", answer: "yes", detail: "so" }],
    }),
  },
});

const platform = (): Thing[] => [
  controller("StatefulSet", "postgres", 1),
  pod("postgres-0", "postgres"),
  controller("Deployment", "api", 1),
  pod("api-a", "api"),
];
const answering =
  (answer: (query: string) => unknown): ExecIn =>
  (_, command) =>
    Promise.resolve({ succeeded: true, said: JSON.stringify(answer(command.at(-1)!)) });

test("report is a page of the day: what is not as it should be, copies, jobs, restarts and commands with their proofs", async (t) => {
  const cluster = await fakeCluster(t, [
    ...platform(),
    pod("api-b", "api", "CrashLoopBackOff"),
    backupCronJob(),
    {
      kind: "Job",
      metadata: { name: "postgres-backup-1", ownerReferences: [{ kind: "CronJob", uid: "uid-of-postgres-backup" }] },
      spec: { template: {} },
    },
    evidence("restart", 2, "done"),
    evidence("backup", 30, "failed"),
  ]);
  ended(cluster, cluster.get("Job", "postgres-backup-1")!, {
    succeeded: true,
    message: `{"verifiedCopy":"bgc-1","at":"${ago(1)}","bytes":1572864}`,
  });
  const job = cluster.get("Job", "postgres-backup-1")!;
  cluster.put({ ...job, status: { ...job["status"], startTime: ago(2), completionTime: ago(1) } });
  const crashing = cluster.get("Pod", "api-b")!;
  crashing["status"].containerStatuses[0].lastState = {
    terminated: { exitCode: 137, reason: "OOMKilled", finishedAt: ago(3) },
  };
  cluster.put(crashing);
  const { code, stdout, stderr } = await runbook(cluster, ["report"]);
  t.is(code, 1, "one pod is not Ready");
  t.deepEqual(
    stdout
      .replace(/^# bgc-platform, \S+ to \S+$/m, "# bgc-platform, DAY")
      .split("\n")
      .map((line) => line.replaceAll(/ +/g, " ").replaceAll(/-{2,}/g, "--"))
      .filter((line) => line !== ""),
    [
      "# bgc-platform, DAY",
      "Namespace `data`. State: 2 yes, 1 no. Copies: 1 yes.",
      "## State",
      "| what | as it should | seen |",
      "|--|--|--|",
      "| Deployment api | no | 1 of 1 pods Ready, api-b: container api CrashLoopBackOff, 4 restarts |",
      "## Copies",
      "| what | as it should | seen |",
      "|--|--|--|",
      '| backup of postgres | yes | newest verified copy 60 min old (bgc-1), "0 2 * * *" Etc/UTC |',
      "## Jobs",
      "| job | started | ended | result |",
      "|--|--|--|--|",
      `| postgres-backup-1 | ${ago(2)} | ${ago(1)} | complete |`,
      "## Restarts",
      "| pod | container | restarts | last | why |",
      "|--|--|--|--|--|",
      `| api-b | api | 4 | ${ago(3)} | OOMKilled, exit code 137 |`,
      "## Commands",
      "| ended | who | command | state | proofs |",
      "|--|--|--|--|--|",
      `| ${ago(2)} | ana@laptop | \`npx runbook restart bgc-platform\` | done | 1 yes |`,
    ],
  );
  t.is(stderr, "report of stack dev on here: 3 yes, 1 no\n", "the page alone is on standard output");
  const all = await runbook(cluster, ["report", "--since", "2d", "--json"]);
  t.deepEqual(
    JSON.parse(all.stdout).systems[0].data.runs.map(({ line }: { line: string }) => line),
    ["npx runbook restart bgc-platform", "npx runbook backup bgc-platform"],
  );
});

test("a report of what may not be read says so, and a wrong duration is wrong usage", async (t) => {
  const cluster = await fakeCluster(t, platform());
  cluster.before = ({ path }) =>
    path.includes("/configmaps")
      ? { status: 403, body: { kind: "Status", message: "configmaps is forbidden" } }
      : undefined;
  const { stdout } = await runbook(cluster, ["report"]);
  t.regex(
    stdout,
    /\n## Not measured\n\n\| what .*\n\|.*\n\| commands of the day +\| not measured +\| configmaps is forbidden +\|\n/,
  );
  const wrong = await runbook(cluster, ["report", "--since", "yesterday"]);
  t.deepEqual([wrong.code, wrong.stderr], [2, '--since "yesterday" is no duration: write 30m, 2h or 1d\n']);
});

test("audit names the runs of this command, what somebody wrote past the stack, and what the audit log holds (P07)", async (t) => {
  const edited = controller("Deployment", "api", 3);
  const cluster = await fakeCluster(t, [
    ...platform(),
    {
      ...edited,
      metadata: {
        ...edited.metadata,
        managedFields: [
          {
            manager: "pulumi-kubernetes-1",
            operation: "Apply",
            time: ago(1),
            fieldsV1: { "f:spec": { "f:template": {} } },
          },
          { manager: "kube-controller-manager", subresource: "status", time: ago(1), fieldsV1: { "f:status": {} } },
          { manager: "kubectl-edit", operation: "Update", time: ago(1), fieldsV1: { "f:spec": { "f:replicas": {} } } },
        ],
      },
    },
    evidence("restart", 2, "done"),
  ]);
  const exec = answering((query) =>
    query.includes("to_regclass('audit_events') IS NOT NULL")
      ? true
      : {
          total: 12,
          held: 1,
          oldest: "2026-01-01T00:00:00Z",
          newest: "2026-01-31T01:00:00Z",
          bytes: 65_536,
          recent: 3,
          by: [{ actor: "ana", action: "settings.changed", count: 3 }],
          events: [
            { id: 12, at: "2026-01-31T01:00:00Z", actor: "ana", action: "settings.changed", subject: "settings/a" },
          ],
        },
  );
  const { code, stdout } = await runbook(cluster, ["audit", "--events"], { exec });
  t.deepEqual(stdout.split("\n"), [
    "bgc-platform (namespace data)",
    "  ok   audit log: 12 events since 2026-01-01T00:00:00Z, the newest of 2026-01-31T01:00:00Z, 1 under legal hold, 3 in the period",
    `  ${ago(2)}  ana@laptop: npx runbook restart bgc-platform (done)`,
    `  ${ago(1)}  kubectl-edit wrote Deployment api: spec.replicas`,
    "       3  ana settings.changed",
    "  2026-01-31T01:00:00Z  ana settings.changed settings/a",
    "audit of stack dev on here: 1 yes",
    "",
  ]);
  t.is(code, 0);
});

test("a database without an audit log has none, and an audit log that is empty proves nothing (P07)", async (t) => {
  const cluster = await fakeCluster(t, platform());
  const without = await runbook(cluster, ["audit"], { exec: answering(() => false) });
  t.deepEqual([without.code, JSON.stringify(without.stdout).includes("audit log")], [0, false]);
  t.regex(without.stdout, /\n {2}nothing was done since /);
  const empty = await runbook(cluster, ["audit"], {
    exec: answering((query) =>
      query.includes("IS NOT NULL)")
        ? true
        : { total: 0, held: 0, oldest: null, newest: null, bytes: 0, recent: 0, by: [], events: [] },
    ),
  });
  t.is(empty.code, 1);
  t.regex(empty.stdout, /\n {2}FAIL audit log: it holds no event at all\n/);
});

const kafka: Target = {
  ...shop,
  dataStores: [...shop.dataStores, { kind: "kafka", name: "kafka", service: "kafka", port: 9092 }],
};
const order = "0b8e8b7e-5d0f-4a39-9c1d-2f6f3f0d7a11";
const quiet = {
  orders: { COMPLETED: 7, CANCELLED: 1 },
  failed: 1,
  pending: [],
  uncompensated: [],
  contradicting: [],
  retrying: [],
  unpublished: { orders: 0, billing: 0, inventory: 0 },
};

test("saga counts orders, and names those that are stuck, not compensated or against their payment (T10)", async (t) => {
  const cluster = await fakeCluster(t, platform());
  const asked: string[] = [];
  const ask = (answer: object) =>
    runbook(cluster, ["saga", "bgc-platform", "--stuck-after", "5m"], {
      targets: [kafka],
      exec: answering((query) => (asked.push(query), answer)),
    });
  const well = await ask(quiet);
  t.deepEqual(well.stdout.split("\n").slice(1, -2), [
    "  ok   stuck orders: none",
    "  ok   orders without compensation: none",
    "  ok   orders against their payment: none",
    "  ok   retries without an answer: none",
    "  ok   events: all are published",
    "  7 COMPLETED, 1 CANCELLED; 1 payments failed within a day",
  ]);
  t.is(well.code, 0);
  t.true(asked.every((query) => query.includes("interval '300 seconds'")));
  const ill = await ask({
    ...quiet,
    pending: [order],
    uncompensated: [order],
    contradicting: [order],
    retrying: [order],
    unpublished: { orders: 0, billing: 4, inventory: 0 },
  });
  t.deepEqual(ill.stdout.split("\n").slice(1, 6), [
    `  FAIL stuck orders: not decided in time: ${order}`,
    `  FAIL orders without compensation: their stock is not as their status says: ${order}`,
    `  FAIL orders against their payment: their payment is not as their status says: ${order}`,
    `  FAIL retries without an answer: accepted and not decided: ${order}`,
    "  FAIL events: 4 of billing wait for Kafka",
  ]);
  t.is(ill.code, 1);
});

test("saga of one order shows what each service wrote, one that is not there is said, and a word is no order (T10)", async (t) => {
  const cluster = await fakeCluster(t, platform());
  const ask = (answer: unknown, id = order) =>
    runbook(cluster, ["saga", "bgc-platform", id], { targets: [kafka], exec: answering(() => answer) });
  const found = await ask({
    id: order,
    status: "CANCELLED",
    reason: "card declined",
    round: 1,
    updated: "2026-01-31T02:00:00Z",
    payment: { status: "FAILED", reason: "card declined", round: 1 },
    attempts: [{ round: 1, outcome: "FAILED", at: "2026-01-31T02:00:00Z" }],
    reservation: { status: "RELEASED", round: 1 },
    events: [
      { from: "orders", type: "OrderCreated", published: true },
      { from: "billing", type: "PaymentFailed", published: false },
    ],
  });
  t.deepEqual(found.stdout.split("\n").slice(1, -2), [
    `  ok   order ${order}: CANCELLED (card declined), round 1, since 2026-01-31T02:00:00Z`,
    "  FAIL events: 1 of 2 wait for Kafka",
    "  payment: FAILED (card declined), round 1",
    "  attempt 1: FAILED at 2026-01-31T02:00:00Z",
    "  stock: RELEASED, round 1",
    "  event of orders: OrderCreated",
    "  event of billing: PaymentFailed, not published",
  ]);
  t.is(found.code, 1);
  const none = await ask(null);
  t.deepEqual([none.code, none.stdout.split("\n")[1]], [1, `  FAIL order ${order}: there is none with this id`]);
  const word = await ask(null, "'; DROP TABLE orders");
  t.deepEqual(
    [word.code, word.stderr],
    [2, `"'; DROP TABLE orders" is no id of an order: those look like 0b8e8b7e-5d0f-4a39-9c1d-2f6f3f0d7a11\n`],
  );
});

test("a Postgres that refuses a question has measured nothing, and is asked read-only in its own pod (T10, P07)", async (t) => {
  const cluster = await fakeCluster(t, platform());
  const places: unknown[] = [];
  const { code, stdout } = await runbook(cluster, ["saga"], {
    targets: [{ ...kafka, dataStores: kafka.dataStores.map((store) => ({ ...store, database: "shop_db" })) }],
    exec: (place, command) => {
      places.push(place, command.slice(0, -1));
      return Promise.resolve({ succeeded: false, said: 'ERROR:  relation "orders.orders" does not exist\nLINE 2: x' });
    },
  });
  t.deepEqual(
    [code, stdout.split("\n")[1]],
    [1, '  ?    sagas: not measured, psql in postgres-0: ERROR:  relation "orders.orders" does not exist'],
  );
  t.deepEqual(places, [
    { namespace: "data", pod: "postgres-0", container: "postgres" },
    [
      "env",
      "PGOPTIONS=-c default_transaction_read_only=on -c statement_timeout=30s -c client_min_messages=error",
      ..."psql -XAtq -v ON_ERROR_STOP=1 -U postgres -d shop_db -c".split(" "),
    ],
  ]);
});
