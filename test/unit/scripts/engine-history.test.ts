import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { forgetOldUpdates, keptUpdates } from "../../../scripts/support/engine-history.ts";

/**
 * A file backend with the files of so many updates of a stack, named by the nanosecond of their end as the engine does.
 */
function backendOf(t: ExecutionContext, updates: number, { ending = "", stack = "dev" } = {}) {
  const root = mkdtempSync(join(tmpdir(), "history-test-"));
  t.teardown(() => rmSync(root, { recursive: true }));
  const folders = Object.fromEntries(
    ["history", "backups", "stacks"].map((name) => [
      name,
      join(root, ".pulumi", name, "production-platform", name === "stacks" ? "" : stack),
    ]),
  ) as Record<"history" | "backups" | "stacks", string>;
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
  for (const time of times(updates)) {
    for (const kind of ["history", "checkpoint"])
      writeFileSync(join(folders.history, `${stack}-${time}.${kind}.json${ending}`), "{}");
    writeFileSync(join(folders.backups, `${stack}.${time}.json${ending}`), "{}");
  }
  for (const name of [`${stack}.json${ending}`, `${stack}.json${ending}.bak`])
    writeFileSync(join(folders.stacks, name), "{}");
  return { url: `file://${root}`, ...folders };
}

const times = (count: number) =>
  Array.from({ length: count }, (_, index) => String(1_795_978_845_130_947_074n + BigInt(index) * 7n));

for (const ending of ["", ".gz"]) {
  test(`of many updates the newest five states and the newest hundred records stay${ending && ", where they are packed too"}`, (t) => {
    const backend = backendOf(t, 103, { ending });
    forgetOldUpdates(`${backend.url}?metadata=skip`);
    t.deepEqual(keptUpdates, { states: 5, records: 100 });
    t.deepEqual(
      readdirSync(backend.history).sort(),
      [
        ...times(103)
          .slice(-5)
          .map((time) => `dev-${time}.checkpoint.json${ending}`),
        ...times(103)
          .slice(-100)
          .map((time) => `dev-${time}.history.json${ending}`),
      ].sort(),
    );
    t.deepEqual(
      readdirSync(backend.backups),
      times(103)
        .slice(-5)
        .map((time) => `dev.${time}.json${ending}`),
    );
    t.deepEqual(readdirSync(backend.stacks).sort(), [`dev.json${ending}`, `dev.json${ending}.bak`]);
  });
}

test("of five updates nothing goes, and neither do files of other names", (t) => {
  const backend = backendOf(t, 5, { stack: "of-a-team-7" });
  writeFileSync(join(backend.history, "notes.txt"), "");
  forgetOldUpdates(backend.url);
  t.is(readdirSync(backend.history).length, 11);
  t.is(readdirSync(backend.backups).length, 5);
});

test("a backend that is no folder is left alone, and one without an update is none to complain about", (t) => {
  const backend = backendOf(t, 7);
  for (const other of [
    undefined,
    "https://pulumi.example.com",
    backend.url.replace("file:", "s3:"),
    `${backend.url}-missing`,
  ])
    t.notThrows(() => forgetOldUpdates(other));
  t.is(readdirSync(backend.history).length, 14);
});
