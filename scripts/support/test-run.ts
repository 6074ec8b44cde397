import { spawn } from "node:child_process";
import { appendFileSync, existsSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { processes } from "../../cluster/local/node.ts";
import { contextName } from "../../cluster/local/settings.ts";
import { clusterFolder } from "../../cluster/paths.ts";
import { ensureToolchain, pulumiEnvironment } from "../../cluster/toolchain.ts";
import { checkout } from "./checkout.ts";
import { clusterRecord, stackKubeconfig } from "./cluster-record.ts";
import { machineState } from "./machine-state.ts";
import { renderedFolder } from "./rendered-folder.ts";
import { ava, type Recorder } from "./tap.ts";
import { closing, countsFile, type Failure, type Level, type TestCommand } from "./test-levels.ts";

export interface TestRun {
  readonly command: TestCommand;
  readonly wanted: readonly Level[];
  /** Titles to run, with `*` as a wildcard. @default all */
  readonly match?: string | undefined;
  /** Leaves the platform running. */
  readonly keep?: boolean | undefined;
}

/** Unit and policy run together, a suite on each of two cores; the others follow each other. */
const steps: readonly (readonly Level[])[] = [
  ["types"],
  ["unit", "policy"],
  ["programs"],
  ["machine"],
  ["integration"],
  ["e2e"],
];
const onPlatform: readonly Level[] = ["integration", "e2e"];

/**
 * Runs levels, prints each test, the failures and what was not covered, and ends with the counts. Returns the exit
 * code.
 */
export async function runTests({ command, wanted, match, keep = false }: TestRun): Promise<number> {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const failures: Failure[] = [];
  const ran: Level[] = [];
  const record: Recorder = (outcome, title, details = []) => {
    total[outcome] += 1;
    if (outcome === "failed") failures.push({ title, details });
  };
  const before = machineState();
  // Only a local cluster that these tests started is taken down again: any other is somebody's.
  const wasRunning = processes.isRunning("kubelet");
  const hadData = existsSync(clusterFolder);
  let broughtUp = false;
  for (const step of steps
    .map((all) => all.filter((level) => wanted.includes(level)))
    .filter(({ length }) => length > 0)) {
    const started = performance.now();
    const title = step.join(" and ");
    console.log(`\n== ${title}`);
    if (onPlatform.includes(step[0]!) && !broughtUp) {
      if ((await run(process.execPath, ["scripts/run.mjs", "up"])) !== 0) {
        record("failed", `${title}: npm run up brings the platform up`);
        break;
      }
      broughtUp = true;
    }
    // The compiler uses one core: the other one renders what unit and policy look at.
    if (step[0] === "types")
      await Promise.all([
        typeCheck(record),
        ...(wanted.some((level) => level === "unit" || level === "policy") ? [renderOwnStacks(record)] : []),
      ]);
    else await runLevels(step, match, record);
    ran.push(...step);
    console.log(`== ${title} took ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
  const onLocalCluster = () => clusterRecord("dev")?.context === contextName;
  if (broughtUp && !wasRunning && !keep && onLocalCluster()) await takeDown(hadData, before, record);
  if (match && total.passed + total.failed + total.skipped === 0)
    record("failed", `no title in ${wanted.join(", ")} matches ${JSON.stringify(match)}`);
  const counts = process.env[countsFile];
  console.log(closing({ counts: total, failures, ran }, counts === undefined ? undefined : command).join("\n"));
  if (counts !== undefined) appendFileSync(counts, `${total.passed} ${total.failed} ${total.skipped}\n`);
  return total.failed > 0 ? 1 : 0;
}

async function takeDown(hadData: boolean, before: readonly string[], record: Recorder): Promise<void> {
  console.log("\n== down");
  // Data of tests belongs to nobody: left behind, it would stand in the way of the next checkout.
  const purge = hadData ? [] : ["--purge"];
  record(
    (await run(process.execPath, ["scripts/run.mjs", "down", ...purge])) === 0 ? "passed" : "failed",
    `npm run ${["down", ...purge].join(" ")} ends well`,
  );
  const left = machineState().filter((entry) => !before.includes(entry));
  if (left.length > 0) console.log(`left behind:\n  ${left.join("\n  ")}`);
  record(
    left.length === 0 ? "passed" : "failed",
    "npm run down leaves no process, mount, network link or packet rule behind",
  );
}

// Our own stacks are rendered once for both suites of a run.
const rendered = mkdtempSync(join(tmpdir(), "stacks-"));
process.on("exit", () => rmSync(rendered, { recursive: true, force: true }));
const suiteEnvironment = {
  ...process.env,
  NODE_COMPILE_CACHE: join(checkout, ".state/compile-cache"),
  [renderedFolder]: rendered,
};

async function typeCheck(record: Recorder): Promise<void> {
  const code = await run(join(checkout, "node_modules/.bin/tsc"), ["--noEmit", "--project", "."]);
  record(code === 0 ? "passed" : "failed", "types: the whole project type-checks");
  record(
    (await run(process.execPath, ["scripts/lint.ts"])) === 0 ? "passed" : "failed",
    "types: the linter finds nothing",
  );
}

async function renderOwnStacks(record: Recorder): Promise<void> {
  if ((await run(process.execPath, ["test/support/own-stacks.ts"], suiteEnvironment)) !== 0)
    record("failed", "unit and policy: our own stacks render");
}

/** Runs the files of some levels; a level without a file is a failure. */
async function runLevels(step: readonly Level[], match: string | undefined, record: Recorder): Promise<void> {
  const name = step.join(" and ");
  if (step[0] === "unit" || step[0] === "policy") {
    await Promise.all(
      step.map((level) =>
        ava(
          { name, files: [`test/suites/${level}.test.ts`], env: suiteEnvironment, options: ["--serial"], match },
          record,
        ),
      ),
    );
    return;
  }
  const files = step.flatMap((level) => globSync(`test/${level}/**/*.test.ts`, { cwd: checkout }).sort());
  if (files.length === 0) return record("failed", `${name}: there is no test`);
  if (!onPlatform.includes(step[0]!)) return ava({ name, files, env: suiteEnvironment, match }, record);
  await ensureToolchain({ parts: "all" });
  const platform = { ...pulumiEnvironment(checkout), KUBECONFIG: stackKubeconfig("dev") };
  // Files of one folder work on one system, so they follow each other; folders wait more than they work, so they
  // overlap.
  const folders = Object.groupBy(files, (file) => dirname(file));
  const whole = `test/${step[0]}/stack`;
  const runFolder = (group: readonly string[]) =>
    ava(
      { name, files: group, env: platform, options: ["--concurrency=1", "--timeout=20m"], match, timed: true },
      record,
    );
  await Promise.all(
    Object.entries(folders)
      .filter(([folder]) => folder !== whole)
      .map(([, group]) => runFolder(group!)),
  );
  if (folders[whole]) await runFolder(folders[whole]);
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: checkout, env, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}
