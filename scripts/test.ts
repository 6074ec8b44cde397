import { spawn } from "node:child_process";
import { existsSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { processes } from "../cluster/local/node.ts";
import { clusterFolder } from "../cluster/paths.ts";
import { contextName } from "../cluster/local/settings.ts";
import { ensureToolchain, pulumiEnvironment } from "../cluster/toolchain.ts";
import { checkout } from "./support/checkout.ts";
import { clusterRecord, stackKubeconfig } from "./support/cluster-record.ts";
import { command } from "./support/command.ts";
import { machineState } from "./support/machine-state.ts";
import { renderedFolder } from "./support/rendered-folder.ts";

/** The levels in the order they run, and what each needs to be there. */
const levels = {
  types: { needs: "nothing" },
  unit: { needs: "nothing" },
  policy: { needs: "nothing" },
  programs: { needs: "nothing" },
  integration: { needs: "platform" },
  e2e: { needs: "platform" },
} as const;
type Level = keyof typeof levels;

const program = command("npm test --")
  .description("Run the tests, level by level; those that need a running platform bring one up, and take down what they brought up.")
  .argument("[levels...]", `levels to run: ${Object.keys(levels).join(", ")}; all of them when none is named`)
  .option("--match <title>", "run only tests whose title matches (with * as a wildcard)")
  .option("--keep", "leave the platform running afterwards")
  .addHelpText("after", "\nExit codes: 0 all passed, 1 a test failed, 2 wrong usage.")
  .parse();
const options = program.opts<{ match?: string; keep?: boolean }>();
const wanted = program.args.length > 0 ? program.args : Object.keys(levels);
for (const name of wanted) {
  if (!Object.hasOwn(levels, name)) program.error(`"${name}" is not a level: choose from ${Object.keys(levels).join(", ")}`, { exitCode: 2 });
}

const total = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
const record = (outcome: keyof typeof total, title: string) => {
  total[outcome] += 1;
  if (outcome === "failed") failures.push(title);
};

// Our own stacks are rendered once for both suites of a run.
const rendered = mkdtempSync(join(tmpdir(), "stacks-"));
process.on("exit", () => rmSync(rendered, { recursive: true, force: true }));
const suiteEnvironment = { ...process.env as Record<string, string>, NODE_COMPILE_CACHE: join(checkout, ".state/compile-cache"), [renderedFolder]: rendered };

const before = machineState();
// Only a local cluster that these tests started is taken down again: any other is somebody's.
const wasRunning = processes.isRunning("kubelet");
const hadData = existsSync(clusterFolder);
const onLocalCluster = () => clusterRecord("dev")?.context === contextName;
let broughtUp = false;
// Unit and policy run together, a suite on each of two cores; the others follow each other.
const steps: Level[][] = [["types"], ["unit", "policy"], ["programs"], ["integration"], ["e2e"]];
for (const step of steps.map((all) => all.filter((level) => wanted.includes(level))).filter(({ length }) => length > 0)) {
  const started = performance.now();
  const title = step.join(" and ");
  console.log(`\n== ${title}`);
  if (levels[step[0]!].needs === "platform" && !broughtUp) {
    if (await run(process.execPath, ["scripts/run.mjs", "up"]) !== 0) {
      record("failed", `${title}: npm run up brings the platform up`);
      break;
    }
    broughtUp = true;
  }
  // The compiler uses one core: the other one renders what unit and policy look at.
  if (step[0] === "types") await Promise.all([typeCheck(), ...(wanted.some((level) => level === "unit" || level === "policy") ? [renderOwnStacks()] : [])]);
  else await runLevels(step, title);
  console.log(`== ${title} took ${((performance.now() - started) / 1000).toFixed(1)} s`);
}
if (broughtUp && !wasRunning && !options.keep && onLocalCluster()) {
  console.log("\n== down");
  // Data of tests belongs to nobody: left behind, it would stand in the way of the next checkout.
  const purge = hadData ? [] : ["--purge"];
  record(await run(process.execPath, ["scripts/run.mjs", "down", ...purge]) === 0 ? "passed" : "failed", `npm run ${["down", ...purge].join(" ")} ends well`);
  const left = machineState().filter((entry) => !before.includes(entry));
  if (left.length > 0) console.log(`left behind:\n  ${left.join("\n  ")}`);
  record(left.length === 0 ? "passed" : "failed", "npm run down leaves no process, mount, network link or packet rule behind");
}
if (options.match && total.passed + total.failed + total.skipped === 0) record("failed", `no title in ${wanted.join(", ")} matches ${JSON.stringify(options.match)}`);
if (failures.length > 0) console.log(`\nfailed:\n${failures.map((title) => `  ${title}`).join("\n")}`);
console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`);
process.exitCode = total.failed > 0 ? 1 : 0;

async function typeCheck(): Promise<void> {
  const code = await run(join(checkout, "node_modules/.bin/tsc"), ["--noEmit", "--project", "."]);
  record(code === 0 ? "passed" : "failed", "types: the whole project type-checks");
  record(await run(process.execPath, ["scripts/lint.ts"]) === 0 ? "passed" : "failed", "types: the linter finds nothing");
}

async function renderOwnStacks(): Promise<void> {
  if (await run(process.execPath, ["test/support/own-stacks.ts"], suiteEnvironment) !== 0) record("failed", "unit and policy: our own stacks render");
}

/** The files of a level; none is a failure. */
function filesOf(level: Level): string[] {
  const files = globSync(`test/${level}/**/*.test.ts`, { cwd: checkout }).sort();
  if (files.length === 0) record("failed", `${level}: there is no test`);
  return files;
}

/** Runs the files of some levels. */
async function runLevels(step: readonly Level[], name: string): Promise<void> {
  if (step[0] === "programs") return ava(filesOf("programs"), name, suiteEnvironment);
  if (levels[step[0]!].needs === "nothing") {
    await Promise.all(step.map((level) => ava([`test/suites/${level}.test.ts`], name, suiteEnvironment, "--serial")));
    return;
  }
  await ensureToolchain({ parts: "all" });
  const platform = { ...pulumiEnvironment(checkout), KUBECONFIG: stackKubeconfig("dev") };
  // Files of one folder work on one system, so they follow each other; folders wait more than they work, so they overlap.
  const files = step.flatMap((level) => filesOf(level));
  const folders = Object.groupBy(files, (file) => dirname(file));
  const whole = `test/${step[0]}/stack`;
  await Promise.all(Object.entries(folders).filter(([folder]) => folder !== whole).map(([, group]) => ava(group!, name, platform, "--concurrency=1", "--timeout=20m")));
  if (folders[whole]) await ava(folders[whole], name, platform, "--concurrency=1", "--timeout=20m");
}

/** Runs files and counts their TAP lines. AVA itself fails a file that holds no test. */
async function ava(files: readonly string[], name: string, env: Record<string, string>, ...more: readonly string[]): Promise<void> {
  const args = ["--tap", ...more, ...(options.match ? [`--match=${options.match}`] : []), ...files];
  const child = spawn(process.execPath, [join(checkout, "node_modules/ava/entrypoints/cli.js"), ...args], { cwd: checkout, env, stdio: ["ignore", "pipe", "inherit"] });
  let counted = 0;
  let failed = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const result = /^(not ok|ok) \d+ - (.*?)(?: # (SKIP|TODO)\s*(.*))?$/.exec(line);
    if (!result) {
      // What a test logs, such as its counts, comes as a comment with more than one blank.
      if (!/^(TAP version|\d+\.\.\d+|# \S|---|\s*$)/.test(line)) console.log(line.replace(/^# +/, "       "));
      continue;
    }
    const [, verdict, title, directive] = result;
    const outcome = directive ? "skipped" : verdict === "ok" ? "passed" : "failed";
    counted += 1;
    if (outcome === "failed") failed += 1;
    record(outcome, `${name}: ${title}`);
    console.log(`${{ passed: "ok  ", failed: "FAIL", skipped: "skip" }[outcome]} ${title}`);
  }
  const code = await new Promise<number>((resolve) => (child.exitCode === null ? child.on("exit", (status) => resolve(status ?? 1)) : resolve(child.exitCode)));
  // A suite without a matching title is no failure; that none has one is said at the end.
  if (options.match && counted === 0) return;
  if (code !== 0 && failed === 0) record("failed", `${name}: ava ended with exit ${code} (${files.join(", ")})`);
  if (counted === 0) record("failed", `${name}: no test ran in ${files.join(", ")}`);
}

function run(command: string, args: readonly string[], env = process.env): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: checkout, env, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}
