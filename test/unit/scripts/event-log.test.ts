import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { eventLog } from "../../../scripts/support/event-log.ts";

const line = (timestamp: number, message: string) =>
  `${JSON.stringify({ timestamp, diagnosticEvent: { severity: "info", message } })}\n`;

function followed(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), "events-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "events.jsonl");
  const log = eventLog(file);
  return { file, next: () => log.next().map(({ diagnosticEvent }) => diagnosticEvent!.message) };
}

test("an event log is read as it grows, each event once, and a line that is not whole waits", (t) => {
  const { file, next } = followed(t);
  t.deepEqual(next(), []);
  const second = line(1, "über alles");
  const half = Buffer.from(second).indexOf("ü") + 1; // in the middle of a letter
  writeFileSync(file, line(1, "one"));
  appendFileSync(file, Buffer.from(second).subarray(0, half));
  t.deepEqual(next(), ["one"]);
  t.deepEqual(next(), []);
  appendFileSync(
    file,
    Buffer.concat([Buffer.from(second).subarray(half), Buffer.from(line(2, "x".repeat(3_000_000)))]),
  );
  t.deepEqual(next(), ["über alles", "x".repeat(3_000_000)]);
});

test("a log that the engine begins anew is read from its start, whether it is shorter or longer by then", (t) => {
  for (const size of [1, 5]) {
    const { file, next } = followed(t);
    writeFileSync(file, line(100, "preview") + line(100, "preview ends"));
    t.deepEqual(next(), ["preview", "preview ends"]);
    const update = Array.from({ length: size }, (_, index) => `update ${index}`);
    writeFileSync(file, update.map((message) => line(107, message)).join(""));
    t.deepEqual(next(), update);
    appendFileSync(file, line(108, "more"));
    t.deepEqual(next(), ["more"]);
  }
});
