import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";

const script = new URL("../../components/capabilities/verified-backup/prune.sh", import.meta.url).pathname;

/** Copies by their age in days, pruned by the real script; what is left. */
function prune(ages: readonly number[], keepDays: number, keepAtLeast: number): string[] {
  const backups = mkdtempSync(join(tmpdir(), "prune-"));
  try {
    mkdirSync(join(backups, "incoming", "unproven"), { recursive: true });
    for (const age of ages) {
      const copy = join(backups, "verified", `orders-${String(1000 - age)}`);
      mkdirSync(copy, { recursive: true });
      const then = Date.now() / 1000 - age * 86_400 - 60;
      utimesSync(copy, then, then);
    }
    utimesSync(join(backups, "incoming", "unproven"), 0, 0);
    execFileSync("bash", [script], {
      env: {
        PATH: process.env["PATH"],
        BACKUPS: backups,
        KEEP_DAYS: String(keepDays),
        KEEP_AT_LEAST: String(keepAtLeast),
      },
    });
    return [
      ...readdirSync(join(backups, "verified")).map((name) => String(1000 - Number(name.split("-")[1]))),
      ...readdirSync(join(backups, "incoming")),
    ].sort();
  } finally {
    rmSync(backups, { recursive: true });
  }
}

test("pruning removes what is past its days, and never one of the newest (B11, E10)", (t) => {
  t.deepEqual(prune([1, 2, 40, 50], 30, 2), ["1", "2", "unproven"]);
  t.deepEqual(prune([1, 40, 50, 60], 30, 3), ["1", "40", "50", "unproven"]);
  t.deepEqual(prune([1, 2, 3, 4], 30, 1), ["1", "2", "3", "4", "unproven"]);
});

test("a listing that breaks off removes nothing and fails the job", (t) => {
  const backups = mkdtempSync(join(tmpdir(), "prune-"));
  t.teardown(() => rmSync(backups, { recursive: true }));
  for (const name of ["a", "b", "c"]) {
    mkdirSync(join(backups, "verified", name), { recursive: true });
    utimesSync(join(backups, "verified", name), 0, 0);
  }
  mkdirSync(join(backups, "bin"));
  writeFileSync(join(backups, "bin/find"), '#!/bin/sh\n/usr/bin/find "$@"\nexit 1\n', { mode: 0o755 });
  const { status } = spawnSync("bash", [script], {
    env: { PATH: `${backups}/bin:/usr/bin:/bin`, BACKUPS: backups, KEEP_DAYS: "1", KEEP_AT_LEAST: "1" },
  });
  t.is(status, 1);
  t.deepEqual(readdirSync(join(backups, "verified")), ["a", "b", "c"]);
});

test("when every copy is old the newest ones stay, and what was never proven counts for nothing (B11)", (t) => {
  t.deepEqual(prune([100, 200, 300], 30, 2), ["100", "200", "unproven"]);
  t.deepEqual(prune([100], 30, 7), ["100", "unproven"]);
});
