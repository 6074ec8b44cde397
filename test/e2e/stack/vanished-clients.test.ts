import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import { command, eventually, kubectl, mysql, sql } from "../../support/cluster.ts";
import { startClient } from "../../support/cron-job.ts";

/** Longest that a client which is gone may keep its locks, in seconds (E14). */
const patience = 60;

/** Switches a pod's network off on the node, as a lost node does: nobody is told, and nothing is answered. */
async function vanish(namespace: string, pod: string): Promise<() => Promise<unknown>> {
  const index = await kubectl("exec", "-n", namespace, pod, "--", "cat", "/sys/class/net/eth0/iflink");
  const link = new RegExp(`^${index}: ([^@:]+)`, "m").exec((await command("ip", ["-o", "link"])).stdout)?.[1];
  if (!link)
    throw new Error(`this machine has no network interface with the number ${index}: is its node another one?`);
  const set = async (state: "up" | "down") => {
    const { code, stderr } = await command("ip", ["link", "set", "dev", link, state]);
    if (code !== 0) throw new Error(stderr);
  };
  await set("down");
  return () => set("up");
}

const client = async (namespace: string, cronJob: string, container: string, script: string) => {
  const started = await startClient(namespace, cronJob, container, `. /scripts/connection.sh; ${script}`);
  return { ...started, vanish: async () => vanish(namespace, await started.pod()) };
};

// Side by side: they wait, and each has a client and a lock of its own.
const postgres = {
  hold: (lock: string, before = "") =>
    client(
      "platform",
      "postgres-maintenance",
      "vacuum",
      `connect; { echo "${before} SELECT pg_advisory_lock(${lock});"; sleep 900; } | sql`,
    ),
  holders: (lock: string) => () =>
    sql(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = ${lock}`, "platform_db", "platform"),
};

test("a node that vanishes frees its locks in Postgres within a minute, and a silent client that is still there keeps them (on this machine's own node)", async (t) => {
  const lock = "47110001";
  const drill = await postgres.hold(lock);
  t.teardown(drill.remove);
  await eventually("the client's lock", 120, postgres.holders(lock), (count) => count === "1");
  await sleep(patience * 1000);
  t.is(await postgres.holders(lock)(), "1", "silence alone loses nothing");
  const comeBack = await drill.vanish();
  try {
    t.is(await eventually("the end of the lock", patience, postgres.holders(lock), (count) => count === "0"), "0");
  } finally {
    await comeBack();
  }
});

test("a client that stops in a transaction, on a node that answers, loses its locks in Postgres within a minute", async (t) => {
  const lock = "47110002";
  const drill = await postgres.hold(lock, "BEGIN;");
  t.teardown(drill.remove);
  await eventually("the client's lock", 120, postgres.holders(lock), (count) => count === "1");
  t.is(await eventually("the end of the lock", patience, postgres.holders(lock), (count) => count === "0"), "0");
});

test("a node that vanishes frees its locks in MySQL within a minute (on this machine's own node)", async (t) => {
  const free = () => mysql("SELECT IS_FREE_LOCK('vanishing')");
  const drill = await client(
    "edi",
    "bots-db-backup",
    "dump",
    `wait_for_server; { echo "SELECT GET_LOCK('vanishing', 0);"; sleep 900; } | sql`,
  );
  t.teardown(drill.remove);
  await eventually("the client's lock", 120, free, (answer) => answer === "0");
  await sleep(patience * 1000);
  t.is(await free(), "0", "silence alone loses nothing");
  const comeBack = await drill.vanish();
  try {
    t.is(await eventually("the end of the lock", patience, free, (answer) => answer === "1"), "1");
  } finally {
    await comeBack();
  }
});
