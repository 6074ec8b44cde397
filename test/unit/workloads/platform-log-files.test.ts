import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { pino } from "pino";
import { addStream, type LogFileOptions, openLogFiles } from "../../../workloads/server/platform/log-files.ts";

/** Log files in a folder of their own, by a clock that the test sets. */
function files(t: ExecutionContext, options: Partial<LogFileOptions> = {}) {
  const directory = mkdtempSync(join(tmpdir(), "logs-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const clock = { time: new Date("2026-01-09T12:00:00.000Z") };
  const troubles: string[] = [];
  const log = openLogFiles(
    { directory, prefix: "svc-pod", maxBytes: 10, kept: 3, now: () => clock.time, ...options },
    (reason) => troubles.push(reason),
  );
  return {
    log,
    directory,
    clock,
    troubles,
    contents: () =>
      readdirSync(directory)
        .sort()
        .map((name) => readFileSync(join(directory, name), "utf8")),
  };
}

test("lines go to a file named after the process and the time", (t) => {
  const { log, directory, contents } = files(t);
  log.write("one\n");
  log.write("two\n");
  t.deepEqual(readdirSync(directory), ["svc-pod-20260109T120000000Z-0001.log"]);
  t.deepEqual(contents(), ["one\ntwo\n"]);
});

test("a file that would grow beyond its size is followed by the next", (t) => {
  const { log, contents } = files(t);
  for (const line of ["12345678\n", "\n", "3\n"]) log.write(line);
  t.deepEqual(contents(), ["12345678\n\n", "3\n"]);
});

test("a new day in UTC begins a new file", (t) => {
  const { log, clock, directory } = files(t, { maxBytes: 1_000 });
  clock.time = new Date("2026-01-09T23:59:59.999Z");
  log.write("a\n");
  clock.time = new Date("2026-01-10T00:00:00.000Z");
  log.write("b\n");
  t.deepEqual(readdirSync(directory).sort(), [
    "svc-pod-20260109T235959999Z-0001.log",
    "svc-pod-20260110T000000000Z-0002.log",
  ]);
});

test("only the newest files of the process stay, and those of others are not touched", (t) => {
  const { log, directory, contents } = files(t);
  const others = [
    "svc-pod-2-20200101T000000000Z-0001.log",
    "svc-podx-20200101T000000000Z-0001.log",
    "svc-pod-notes.log",
  ];
  for (const name of others) writeFileSync(join(directory, name), "other");
  for (const line of ["1234567a\n", "1234567b\n", "1234567c\n", "1234567d\n"]) log.write(line);
  t.deepEqual(
    contents().filter((text) => text !== "other"),
    ["1234567b\n", "1234567c\n", "1234567d\n"],
  );
  t.deepEqual(
    readdirSync(directory)
      .filter((name) => others.includes(name))
      .sort(),
    others.sort(),
  );
});

test("others cannot read the files", (t) => {
  const { log, directory } = files(t);
  log.write("a\n");
  t.is(statSync(join(directory, readdirSync(directory)[0]!)).mode & 0o007, 0);
});

test("a folder that is away costs the copy, is told of once, and is used when it is there again", (t) => {
  const { log, directory, troubles, contents } = files(t);
  rmSync(directory, { recursive: true });
  log.write("lost\n");
  log.write("lost\n");
  t.is(troubles.length, 1);
  t.regex(troubles[0]!, /^ENOENT: /);
  writeFileSync(directory, "");
  log.write("lost\n");
  t.is(troubles.length, 2);
  t.regex(troubles[1]!, /^ENOTDIR: /);
  rmSync(directory);
  mkdirSync(directory);
  log.write("kept\n");
  t.deepEqual(contents(), ["kept\n"]);
  t.is(troubles.length, 2);
});

test("a logger and its children write to both places, at the logger's own level", (t) => {
  const first: string[] = [];
  const second: string[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void first.push(line) });
  addStream(log, { write: (line) => void second.push(line) });
  log.debug("hidden");
  log.info("shown");
  log.child({ part: "a" }).error("failed");
  t.deepEqual(
    second.map((line) => JSON.parse(line).msg),
    ["shown", "failed"],
  );
  t.deepEqual(second, first);
});
