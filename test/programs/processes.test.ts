import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { isAlive, ProcessTable, startTime, stopProcess } from "../../cluster/local/processes.ts";

/**
 * A table in a folder of its own, which looks often whether a process is gone, and whose processes end with the test.
 */
function table(t: ExecutionContext): ProcessTable {
  const folder = mkdtempSync(join(tmpdir(), "processes-test-"));
  const processes = new ProcessTable(folder, 10);
  t.teardown(async () => {
    for (const name of processes.names()) await processes.stop(name, 0);
    rmSync(folder, { recursive: true, force: true });
  });
  return processes;
}

async function until(met: () => boolean): Promise<void> {
  const late = performance.now() + 20_000;
  while (!met()) {
    if (performance.now() > late) throw new Error("it did not happen within 20 s");
    await sleep(3);
  }
}

test("a started process is recorded with its number and start time", async (t) => {
  const processes = table(t);
  t.deepEqual(processes.names(), []);
  t.true(processes.start("sleeper", "sleep", ["30"]));
  const record = processes.record("sleeper")!;
  t.deepEqual(JSON.parse(readFileSync(join(processes.folder, "sleeper.json"), "utf8")), record);
  t.true(Number.isInteger(record.pid) && record.pid > 1);
  t.is(record.started, startTime(record.pid));
  if (process.platform === "linux") t.regex(record.started, /^\d+$/);
  t.deepEqual(processes.names(), ["sleeper"]);
  t.true(processes.isRunning("sleeper"));
  t.true(isAlive(record));
  t.deepEqual(new ProcessTable(processes.folder).record("sleeper"), record, "another program reads the same record");
});

test("what runs already is not started again", async (t) => {
  const processes = table(t);
  t.true(processes.start("sleeper", "sleep", ["30"]));
  const first = processes.record("sleeper");
  t.false(processes.start("sleeper", "sleep", ["31"]));
  t.deepEqual(processes.record("sleeper"), first);
});

test("a stopped process is gone with its record, and can be started again", async (t) => {
  const processes = table(t);
  processes.start("sleeper", "sleep", ["30"]);
  const record = processes.record("sleeper")!;
  await processes.stop("sleeper");
  t.false(isAlive(record));
  t.is(processes.record("sleeper"), undefined);
  t.false(existsSync(join(processes.folder, "sleeper.json")));
  t.false(processes.isRunning("sleeper"));
  t.true(processes.start("sleeper", "sleep", ["30"]));
  t.notDeepEqual(processes.record("sleeper"), record);
});

test("a process that ended by itself does not count as running, and is started anew", async (t) => {
  const processes = table(t);
  processes.start("brief", "true", []);
  await until(() => !processes.isRunning("brief"));
  t.not(processes.record("brief"), undefined);
  t.true(processes.start("brief", "sleep", ["30"]));
  t.true(processes.isRunning("brief"));
});

test("a process that ignores the request to end is forced", async (t) => {
  const processes = table(t);
  processes.start("stubborn", "sh", ["-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"]);
  await until(() => processes.lastLines("stubborn") === "ready");
  const record = processes.record("stubborn")!;
  const asked = performance.now();
  await processes.stop("stubborn", 0.1);
  t.false(isAlive(record));
  t.true(performance.now() - asked >= 90, "it had its time to end by itself");
});

(process.platform === "linux" ? test : test.skip)(
  "a number that another process has by now is not alive, and that process is left alone",
  async (t) => {
    const processes = table(t);
    processes.start("stranger", "sleep", ["30"]);
    const stranger = processes.record("stranger")!;
    const reused = { pid: stranger.pid, started: String(Number(stranger.started) - 1) };
    t.false(isAlive(reused));
    await stopProcess(reused, 0);
    t.true(isAlive(stranger));
  },
);

test("nobody lives under a number that no process has", async (t) => {
  const beyond = 2 ** 22 + 1;
  t.is(startTime(beyond), "");
  t.false(isAlive({ pid: beyond, started: "" }));
  await t.notThrowsAsync(stopProcess({ pid: beyond, started: "" }, 0));
});

test("stopping what was never started does nothing", async (t) => {
  const processes = table(t);
  await t.notThrowsAsync(processes.stop("nobody"));
  t.deepEqual(processes.names(), []);
  t.deepEqual(new ProcessTable(join(processes.folder, "missing")).names(), []);
});

test("a program that does not exist is reported and leaves no record", (t) => {
  const processes = table(t);
  t.throws(() => processes.start("none", "/no/such/program", []), { message: "/no/such/program does not start" });
  t.deepEqual(processes.names(), []);
  t.false(processes.isRunning("none"));
});

test("output of both kinds goes to the log, after that of earlier runs", async (t) => {
  const processes = table(t);
  t.is(processes.lastLines("speaker"), "(no log)");
  const speak = () => processes.start("speaker", "sh", ["-c", "echo one; echo two >&2"]);
  speak();
  await until(() => !processes.isRunning("speaker"));
  t.is(processes.lastLines("speaker"), "one\ntwo");
  speak();
  await until(() => !processes.isRunning("speaker"));
  t.is(readFileSync(join(processes.folder, "speaker.log"), "utf8"), "one\ntwo\none\ntwo\n");
  t.is(processes.lastLines("speaker", 1), "two");
});
