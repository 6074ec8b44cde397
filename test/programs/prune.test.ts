import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";

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
    const script = new URL("../../components/capabilities/verified-backup/prune.sh", import.meta.url).pathname;
    execFileSync("bash", [script], { env: { PATH: process.env["PATH"], BACKUPS: backups, KEEP_DAYS: String(keepDays), KEEP_AT_LEAST: String(keepAtLeast) } });
    return [...readdirSync(join(backups, "verified")).map((name) => String(1000 - Number(name.split("-")[1]))), ...readdirSync(join(backups, "incoming"))].sort();
  } finally {
    rmSync(backups, { recursive: true });
  }
}

test("pruning removes what is past its days, and never one of the newest (B11, E10)", (t) => {
  t.deepEqual(prune([1, 2, 40, 50], 30, 2), ["1", "2", "unproven"]);
  t.deepEqual(prune([1, 40, 50, 60], 30, 3), ["1", "40", "50", "unproven"]);
  t.deepEqual(prune([1, 2, 3, 4], 30, 1), ["1", "2", "3", "4", "unproven"]);
});

test("when every copy is old the newest ones stay, and what was never proven counts for nothing (B11)", (t) => {
  t.deepEqual(prune([100, 200, 300], 30, 2), ["100", "200", "unproven"]);
  t.deepEqual(prune([100], 30, 7), ["100", "unproven"]);
});
