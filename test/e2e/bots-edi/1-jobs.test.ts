import test from "ava";
import { type Ask, command, eventually, kubectl, mysql, mysqlClient, withService } from "../../support/cluster.ts";
import { runOnce } from "../../support/cron-job.ts";

const namespace = "edi";
const web = <T>(use: (ask: Ask) => Promise<T>) => withService(namespace, "bots-webserver", 8080, use);

const order = (reference: number) =>
  JSON.stringify({
    sender: "ACME",
    messagetype: "order",
    reference,
    segments: [{ line: 1 }, { line: 2 }],
    segment_count: 2,
  });
const transaction = (reference: number, payload = order(reference)): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", "Idempotency-Key": `drill-${started}-${reference}` },
  body: JSON.stringify({ partner: "ACME", editype: "json", messagetype: "order", payload }),
});
const started = Date.now();

/** A run of the engine by hand. It waits for one that its schedule started meanwhile, unless told not to. */
const engineRun = (name: string, lockWaitSeconds = 60) =>
  runOnce(namespace, "bots-engine", name, ({ spec: { template } }) => {
    template.spec.containers[0]!.env.push({ name: "ENGINE_LOCK_WAIT_SECONDS", value: String(lockWaitSeconds) });
  });

test.serial("health answers at the runbook's three paths (E01)", async (t) => {
  await web(async (ask) => {
    for (const path of ["/health/live", "/health/ready", "/health/ping"]) t.is((await ask(path)).status, 200, path);
  });
});

test.serial("jobs are processed exactly once with the engine and two job queues at work together", async (t) => {
  t.timeout(600_000);
  await kubectl("scale", "deployment/bots-jobqueue", "-n", namespace, "--replicas=2");
  await kubectl("rollout", "status", "deployment/bots-jobqueue", "-n", namespace, "--timeout=180s");
  try {
    const run = engineRun("drill");
    let next = 0;
    await web((ask) =>
      Promise.all(
        Array.from({ length: 8 }, async () => {
          while (next < 400) {
            const { status, body } = await ask("/api/transactions", transaction(next++));
            if (status !== 201) throw new Error(`a transaction is answered ${status}: ${JSON.stringify(body)}`);
          }
        }),
      ),
    );
    const { outcome, logs } = await run;
    t.is(outcome, "Complete", logs);
    const mine = `dedup_key LIKE 'api:drill-${started}-%'`;
    await eventually(
      "the end of every transaction",
      120,
      () => mysql(`SELECT COUNT(*) FROM bots_transaction WHERE ${mine} AND state = 'pending'`),
      (pending) => pending === "0",
    );
    t.is(
      await mysql(`SELECT state, attempts, COUNT(*) FROM bots_transaction WHERE ${mine} GROUP BY 1, 2`),
      "done\t1\t400",
    );
    t.is(
      await mysql(
        `SELECT COUNT(*), COUNT(DISTINCT transaction_id) FROM bots_acknowledgement a JOIN bots_transaction x ON x.id = a.transaction_id WHERE x.${mine}`,
      ),
      "400\t400",
    );
    const workers = await mysql(
      `SELECT worker, COUNT(*) FROM bots_acknowledgement a JOIN bots_transaction x ON x.id = a.transaction_id WHERE x.${mine} GROUP BY 1`,
    );
    t.log(workers);
    t.true(workers.split("\n").length >= 2, `more than one worker took part: ${workers}`);
    const repeat = await web((ask) => ask("/api/transactions", transaction(0)));
    t.is(repeat.status, 200, "the same idempotency key gives the same transaction");
  } finally {
    await kubectl("scale", "deployment/bots-jobqueue", "-n", namespace, "--replicas=1");
  }
});

test.serial("a file is imported once, however often it is delivered, and answered in the outfile folder", async (t) => {
  const content = order(900_000 + (started % 100_000));
  const deliver = (name: string) =>
    kubectl(
      "exec",
      "-n",
      namespace,
      "deployment/bots-webserver",
      "-c",
      "webserver",
      "--",
      "sh",
      "-c",
      `mkdir -p /home/bots/.bots/botssys/infile && printf '%s' '${content}' > /home/bots/.bots/botssys/infile/${name}`,
    );
  await deliver(`first-${started}.json`);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const first = await engineRun("file");
  t.is(first.outcome, "Complete", first.logs);
  await deliver(`second-${started}.json`);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  t.is((await engineRun("again")).outcome, "Complete");
  const rows = await mysql(
    `SELECT id, state FROM bots_transaction WHERE file_name IN ('first-${started}.json', 'second-${started}.json')`,
  );
  t.regex(rows, /^\d+\tdone$/);
  const id = rows.split("\t")[0]!;
  await kubectl(
    "exec",
    "-n",
    namespace,
    "deployment/bots-webserver",
    "-c",
    "webserver",
    "--",
    "test",
    "-s",
    `/home/bots/.bots/botssys/outfile/${id}.json`,
  );
});

test.serial("a manual engine run while another holds the lock refuses, and names the holder (E03)", async (t) => {
  const lock = "bots-engine-botsedi_data";
  // Far longer than a pod may take to start on a busy node; it ends with its connection.
  const holder = command(
    "kubectl",
    [
      "exec",
      "-n",
      namespace,
      "mysql-0",
      "-c",
      "mysql",
      "--",
      ...mysqlClient(`SELECT GET_LOCK('${lock}', 5), SLEEP(600)`, "botsedi_data"),
    ],
    { timeout: 600_000 },
  );
  const holding = await eventually(
    "the held lock",
    30,
    () => mysql(`SELECT IS_USED_LOCK('${lock}')`),
    (connection) => /^\d+$/.test(connection),
  );
  const { outcome, logs } = await engineRun("second", 0);
  t.is(outcome, "Failed", logs);
  t.regex(logs, new RegExp(`the lock \\\\?"${lock}\\\\?" is held by .*connection ${holding}\\).*nothing was done`));
  await mysql(`KILL CONNECTION ${holding}`);
  t.not((await holder).code, 0);
  t.is((await engineRun("third")).outcome, "Complete", "the lock ends with its holder");
});

test.serial(
  "showmigrations finds every migration applied (E16), and the dashboard's numbers are there (E14)",
  async (t) => {
    const { body } = await web((ask) => ask("/api/stats"));
    t.true(body["transactions"] >= 400);
    t.is(body["queue_depth"], 0);
    const { text } = (await web((ask) => ask("/metrics"))).body;
    for (const name of [
      "bots_transactions_total",
      "bots_errors_total",
      "bots_queue_depth",
      "bots_volume_capacity_bytes",
      "bots_volume_used_bytes",
    ])
      t.regex(String(text), new RegExp(`^${name}(\\{[^}]*\\})? [0-9.e+]+$`, "m"), name);
    const logs = await kubectl(
      "exec",
      "-n",
      namespace,
      "deployment/bots-webserver",
      "-c",
      "webserver",
      "--",
      "env",
      "ROLE=bots-showmigrations",
      "node",
      "/app/start.mjs",
    );
    t.regex(logs, /\[X\] 0001_transaction/);
  },
);
