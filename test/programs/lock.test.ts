import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { startTime } from "../../cluster/local/processes.ts";
import { withLock as lockPolling } from "../../cluster/lock.ts";

/** The lock, looked at far more often than usual. */
const withLock: typeof lockPolling = (file, print, work) => lockPolling(file, print, work, 5);

/** Path of a lock in a folder that is made by the lock and removed with the test. */
function lockFile(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), "lock-test-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "deep", "build.lock");
}

/** What lies beside the lock; nothing may stay there. */
const left = (file: string): string[] => readdirSync(dirname(file));

const holder = (file: string) => JSON.parse(readFileSync(file, "utf8")) as unknown;
const self = { pid: process.pid, started: startTime(process.pid) };

/** A lock as its holder would have left it. */
async function held(file: string, owner: object): Promise<void> {
  await withLock(
    file,
    () => {},
    async () => {},
  ); // makes the folder
  writeFileSync(file, JSON.stringify(owner));
}

function sleeper(t: ExecutionContext) {
  const child = spawn("sleep", ["30"], { stdio: "ignore" });
  t.teardown(() => child.kill("SIGKILL"));
  return { child, owner: { pid: child.pid!, started: startTime(child.pid!) } };
}

test("the lock is held by this process while the work runs, and free afterwards", async (t) => {
  const file = lockFile(t);
  const printed: string[] = [];
  const result = await withLock(
    file,
    (line) => printed.push(line),
    async () => {
      t.deepEqual(holder(file), self);
      t.deepEqual(left(file), ["build.lock"]);
      return "built";
    },
  );
  t.is(result, "built");
  t.deepEqual(left(file), []);
  t.deepEqual(printed, []);
});

test("work that fails releases the lock and passes its error on", async (t) => {
  const file = lockFile(t);
  await t.throwsAsync(
    withLock(file, t.fail, async () => Promise.reject(new Error("no space"))),
    { message: "no space" },
  );
  t.deepEqual(left(file), []);
  t.is(await withLock(file, t.fail, async () => 2), 2);
});

test.serial("finished work leaves no listener behind", async (t) => {
  const file = lockFile(t);
  const before = process.listenerCount("exit");
  await withLock(file, t.fail, async () => t.is(process.listenerCount("exit"), before + 1));
  t.is(process.listenerCount("exit"), before);
});

test("a lock whose holder is gone is taken over without a word", async (t) => {
  const file = lockFile(t);
  const { child, owner } = sleeper(t);
  child.kill("SIGKILL");
  await once(child, "exit");
  await held(file, owner);
  await withLock(file, t.fail, async () => t.deepEqual(holder(file), self));
  t.deepEqual(left(file), []);
});

(process.platform === "linux" ? test : test.skip)(
  "a lock whose holder's number belongs to another process by now is taken over",
  async (t) => {
    const file = lockFile(t);
    const { child, owner } = sleeper(t);
    await held(file, { ...owner, started: String(Number(owner.started) - 1) });
    await withLock(file, t.fail, async () => t.deepEqual(holder(file), self));
    t.is(child.exitCode, null, "the other process is left alone");
    t.deepEqual(left(file), []);
  },
);

test("a living holder is waited for and named once, and followed when it releases", async (t) => {
  const file = lockFile(t);
  const { owner } = sleeper(t);
  await held(file, owner);
  const printed: string[] = [];
  let ran = false;
  const waiting = withLock(
    file,
    (line) => {
      printed.push(line);
      t.false(ran);
      t.deepEqual(holder(file), owner);
      setTimeout(() => rmSync(file), 30);
    },
    async () => {
      ran = true;
      t.deepEqual(holder(file), self);
    },
  );
  await waiting;
  t.true(ran);
  t.deepEqual(printed, [`waiting for process ${owner.pid}, which holds ${file}`]);
  t.deepEqual(left(file), []);
});

test("a holder that dies while others wait is followed", async (t) => {
  const file = lockFile(t);
  const { child, owner } = sleeper(t);
  await held(file, owner);
  const printed: string[] = [];
  await withLock(
    file,
    (line) => {
      printed.push(line);
      child.kill("SIGKILL");
    },
    async () => t.deepEqual(holder(file), self),
  );
  t.is(printed.length, 1);
  t.deepEqual(left(file), []);
});

test("two works never overlap", async (t) => {
  const file = lockFile(t);
  const events: string[] = [];
  const { promise: firstMayEnd, resolve: endFirst } = Promise.withResolvers<void>();
  const first = withLock(file, t.fail, async () => {
    events.push("first begins");
    await firstMayEnd;
    events.push("first ends");
  });
  const second = withLock(
    file,
    () => {
      events.push("second waits");
      endFirst();
    },
    async () => void events.push("second begins"),
  );
  await Promise.all([first, second]);
  t.deepEqual(events, ["first begins", "second waits", "first ends", "second begins"]);
  t.deepEqual(left(file), []);
});

test("a process that ends in the middle of its work releases the lock", async (t) => {
  const file = lockFile(t);
  const program = `import { withLock } from ${JSON.stringify(new URL("../../cluster/lock.ts", import.meta.url).href)};
    await withLock(${JSON.stringify(file)}, console.log, async () => { (await import("node:fs")).accessSync(${JSON.stringify(file)}); process.exit(3); });`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: "ignore" });
  t.deepEqual(await once(child, "exit"), [3, null]);
  t.false(existsSync(file));
});
