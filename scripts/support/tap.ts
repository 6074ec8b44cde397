import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { checkout } from "./checkout.ts";
import type { Counts } from "./test-levels.ts";

/**
 * Takes how a test ended; its title begins with the level's. `details` are what a failed one reported, line by line.
 */
export type Recorder = (outcome: keyof Counts, title: string, details?: readonly string[]) => void;

export interface AvaRun {
  /** What the titles of these files begin with, in the list of failures. */
  readonly name: string;
  readonly files: readonly string[];
  readonly env: { readonly [name: string]: string | undefined };
  readonly options?: readonly string[];
  /** Titles to run, with `*` as a wildcard. @default all */
  readonly match: string | undefined;
  /** Says how long a test took where it is 10 s or more: for files whose tests follow each other. @default false */
  readonly timed?: boolean;
}

/** Runs files, prints a line for each of their tests and records it. AVA itself fails a file that holds no test. */
export async function ava(
  { name, files, env, options = [], match, timed = false }: AvaRun,
  record: Recorder,
): Promise<void> {
  const args = ["--tap", ...options, ...(match ? [`--match=${match}`] : []), ...files];
  const child = spawn(process.execPath, [join(checkout, "node_modules/ava/entrypoints/cli.js"), ...args], {
    cwd: checkout,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let counted = 0;
  let failed = 0;
  let details: string[] = [];
  let last = performance.now();
  for await (const line of createInterface({ input: child.stdout })) {
    const result = /^(not ok|ok) \d+ - (.*?)(?: # (SKIP|TODO)\s*(.*))?$/.exec(line);
    if (!result) {
      // What a test logs, such as its counts, comes as a comment with more than one blank.
      if (/^(TAP version|\d+\.\.\d+|# \S|---|\s*$)/.test(line)) continue;
      console.log(line.replace(/^# +/, "       "));
      if (/^ {2}/.test(line)) details.push(line);
      continue;
    }
    const [, verdict, title, directive] = result;
    const outcome = directive ? "skipped" : verdict === "ok" ? "passed" : "failed";
    counted += 1;
    if (outcome === "failed") failed += 1;
    // A report follows the line of its test: the list that is recorded fills up afterwards.
    details = [];
    record(outcome, `${name}: ${title}`, details);
    const seconds = (performance.now() - last) / 1000;
    last = performance.now();
    console.log(
      `${{ passed: "ok  ", failed: "FAIL", skipped: "skip" }[outcome]} ${title}${timed && seconds >= 10 ? ` (${seconds.toFixed(0)} s)` : ""}`,
    );
  }
  const code = await new Promise<number>((resolve) =>
    child.exitCode === null ? child.on("exit", (status) => resolve(status ?? 1)) : resolve(child.exitCode),
  );
  // A suite without a matching title is no failure; that none has one is said at the end.
  if (match && counted === 0) return;
  if (code !== 0 && failed === 0) record("failed", `${name}: ava ended with exit ${code} (${files.join(", ")})`);
  if (counted === 0) record("failed", `${name}: no test ran in ${files.join(", ")}`);
}
