import { readdirSync, readFileSync } from "node:fs";
import test from "ava";
import { eventually, kubectl, shell, sql } from "../../support/cluster.ts";

const podState = async () =>
  JSON.parse(await kubectl("get", "pod", "postgres-0", "-n", "data", "-o", "json")) as {
    metadata: { uid: string };
    status: { containerStatuses: { name: string; restartCount: number; ready: boolean }[] };
  };
const restarts = async () => (await podState()).status.containerStatuses[0]!.restartCount;

/**
 * The node's process number of the database's first process: the one in our pod's control group that has no parent in
 * it.
 */
async function postmaster(): Promise<number> {
  const { metadata } = await podState();
  const candidates = readdirSync("/proc")
    .map(Number)
    .filter(Number.isInteger)
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(metadata.uid) &&
          readFileSync(`/proc/${pid}/status`, "utf8").match(/^NSpid:.*\t1$/m) !== null &&
          readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("postgres")
        );
      } catch {
        return false;
      }
    });
  if (candidates.length !== 1)
    throw new Error(`${candidates.length} processes look like the database of pod ${metadata.uid}`);
  return candidates[0]!;
}

const killings = async (uid: string) =>
  await kubectl(
    "get",
    "events",
    "-n",
    "data",
    "--field-selector",
    `involvedObject.uid=${uid},reason=Killing`,
    "-o",
    "jsonpath={.items[*].message}",
  );

test.serial(
  "after kill -9 Postgres comes back with every acknowledged write, and the kubelet does not kill its recovery (B05)",
  async (t) => {
    await sql("DROP TABLE IF EXISTS drill; CREATE TABLE drill (n int PRIMARY KEY, filler text)");
    try {
      const before = await restarts();
      const { metadata } = await podState();
      const killedBefore = await killings(metadata.uid);
      // A writer that reports each committed row, running at the moment of the kill; a large uncommitted one makes work
      // for the recovery.
      const writer = shell(
        `kubectl exec -n data postgres-0 -- bash -c 'for i in $(seq 1 2000); do psql -XAtq -U postgres bgc -c "INSERT INTO drill SELECT $i, repeat(md5(random()::text), 200)" && echo $i || break; done'`,
      );
      const bulk = shell(
        `kubectl exec -n data postgres-0 -- psql -XAtq -U postgres bgc -c "BEGIN; INSERT INTO drill SELECT -n, repeat(md5(n::text), 300) FROM generate_series(1, 200000) n; SELECT pg_sleep(60);"`,
      );
      await eventually(
        "fifty acknowledged writes",
        60,
        () => sql("SELECT count(*) FROM drill WHERE n > 0"),
        (count) => Number(count) >= 50,
      );
      process.kill(await postmaster(), "SIGKILL");
      const acknowledged = (await writer).stdout
        .split("\n")
        .filter((line) => /^\d+$/.test(line))
        .map(Number);
      await bulk;
      t.true(acknowledged.length >= 50);
      await eventually(
        "a Ready database",
        180,
        podState,
        ({ status }) => status.containerStatuses[0]!.ready && status.containerStatuses[0]!.restartCount === before + 1,
      );
      const kept = (await sql("SELECT n FROM drill WHERE n > 0 ORDER BY n")).split("\n").map(Number);
      t.deepEqual(
        acknowledged.filter((n) => !kept.includes(n)),
        [],
        "an acknowledged write is missing",
      );
      t.is(await sql("SELECT count(*) FROM drill WHERE n < 0"), "0", "an uncommitted write came back");
      t.is(await restarts(), before + 1, "the recovery was cut short and begun again");
      t.is(await killings(metadata.uid), killedBefore, "the kubelet killed the database");
      t.regex(
        await kubectl("logs", "-n", "data", "postgres-0"),
        /database system was not properly shut down; automatic recovery in progress/,
      );
    } finally {
      await sql("DROP TABLE IF EXISTS drill");
    }
  },
);

test.serial(
  "a database in recovery, which answers that it is starting up, passes the liveness probe and fails the readiness probe (B05)",
  async (t) => {
    const probe = async (name: "liveness" | "readiness", answer: number) => {
      const [, , script] = JSON.parse(
        await kubectl(
          "get",
          "sts",
          "postgres",
          "-n",
          "data",
          "-o",
          `jsonpath={.spec.template.spec.containers[0].${name}Probe.exec.command}`,
        ),
      ) as string[];
      return (
        await shell(
          `kubectl exec -n data postgres-0 -- sh -c ${JSON.stringify(`pg_isready() { return ${answer}; }; ${script}`).replaceAll("$", "\\$")}`,
        )
      ).code;
    };
    t.deepEqual([await probe("liveness", 0), await probe("liveness", 1), await probe("liveness", 2)], [0, 0, 1]);
    t.deepEqual([await probe("readiness", 0), await probe("readiness", 1), await probe("readiness", 2)], [0, 1, 2]);
  },
);

test.serial("the API reconnects to the database by itself and was not restarted with it (X03)", async (t) => {
  const api = () =>
    kubectl(
      "get",
      "pod",
      "-n",
      "data",
      "-l",
      "app=bgc-api",
      "-o",
      "jsonpath={.items[0].status.containerStatuses[0].restartCount} {.items[0].status.containerStatuses[0].ready}",
    );
  t.is(await eventually("a Ready API", 60, api, (state) => state.endsWith("true")), "0 true");
});
