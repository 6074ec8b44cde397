import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import { runLog } from "../../../scripts/support/run-log.ts";

test("a run's log lies below the stack's folder, for its owner alone, and tells its last lines", (t) => {
  const state = mkdtempSync(join(tmpdir(), "logs-"));
  t.teardown(() => rmSync(state, { recursive: true }));
  const log = runLog("prod", "up", state, new Date("2026-11-29T19:00:31.250Z"));
  t.is(log.file, join(state, "stacks/prod/logs/up-2026-11-29T19-00-31-250Z.log"));
  t.is(statSync(log.file).mode & 0o777, 0o600);
  for (const line of ["one", "two", "three"]) log.add(line);
  t.deepEqual(log.tail(2), ["two", "three"]);
  writeFileSync(log.events, "{}\n");
  log.close();
  t.false(existsSync(log.events));
  t.is(readFileSync(log.file, "utf8"), "one\ntwo\nthree\n");
});

test("the newest ten logs of a stack stay, whatever command wrote them, and nothing else of its folder goes", (t) => {
  const state = mkdtempSync(join(tmpdir(), "logs-"));
  t.teardown(() => rmSync(state, { recursive: true }));
  let folder = "";
  for (let minute = 10; minute < 24; minute += 1) {
    const log = runLog("dev", minute % 2 === 0 ? "up" : "preview", state, new Date(`2026-11-29T19:${minute}:00.000Z`));
    folder = dirname(log.file);
    writeFileSync(join(folder, "mine.txt"), "");
    log.close();
  }
  t.deepEqual(readdirSync(folder).sort(), [
    "mine.txt",
    ...[15, 17, 19, 21, 23].map((minute) => `preview-2026-11-29T19-${minute}-00-000Z.log`),
    ...[14, 16, 18, 20, 22].map((minute) => `up-2026-11-29T19-${minute}-00-000Z.log`),
  ]);
});

test("the events of a run that was killed go with the next run, and those of one that still runs stay", (t) => {
  const state = mkdtempSync(join(tmpdir(), "logs-"));
  t.teardown(() => rmSync(state, { recursive: true }));
  const first = runLog("dev", "up", state, new Date("2026-11-29T19:00:00.000Z"));
  const folder = dirname(first.file);
  writeFileSync(first.events, "{}\n");
  writeFileSync(join(folder, "events-99999999.jsonl"), "{}\n"); // beyond the largest number of a process
  const second = runLog("dev", "up", state, new Date("2026-11-29T19:01:00.000Z"));
  t.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith(".jsonl")),
    [`events-${process.pid}.jsonl`],
  );
  for (const log of [first, second]) log.close();
});
