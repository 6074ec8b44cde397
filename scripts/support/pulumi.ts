import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { removeLeftovers } from "../../cluster/leftovers.ts";
import { isRunning } from "../../cluster/local/processes.ts";
import { checkout } from "./checkout.ts";
import { forgetOldUpdates } from "./engine-history.ts";
import { stackFile } from "./stack-configuration.ts";

/** Where and how the CLI runs: a folder that stands for the project, and the environment. */
export interface Workspace {
  readonly folder: string;
  readonly env: Record<string, string>;
}

export interface PulumiResult {
  readonly code: number;
  /** Standard output, when it was asked for. */
  readonly output: string;
}

/**
 * Makes a project folder below `parent` whose program is the checkout's own and whose stack file is a copy: the CLI
 * writes
 * the salt of its encryption into that file, and the one in the checkout is under version control. `tree` is another
 * copy of the checkout's files.
 */
export function projectFolder(parent: string, stack: string, tree = checkout): string {
  const folder = join(parent, "project");
  mkdirSync(folder, { recursive: true });
  for (const name of ["Pulumi.yaml", "index.ts", "policies", "package.json", "node_modules"]) {
    if (!existsSync(join(folder, name))) symlinkSync(join(tree, name), join(folder, name));
  }
  const name = `Pulumi.${stack}.yaml`;
  const { text, content } = stackFile(stack, tree);
  const salt = existsSync(join(folder, name))
    ? (parse(readFileSync(join(folder, name), "utf8")) as { encryptionsalt?: string }).encryptionsalt
    : undefined;
  const { encryptionsalt: committed, ...own } = content;
  // A salt belongs to the passphrase it was made with: the committed one counts only where committed secrets need it.
  const used = text.includes("secure:") ? committed : salt;
  writeFileSync(join(folder, `${name}.new`), stringify({ ...(used ? { encryptionsalt: used } : {}), ...own }));
  renameSync(join(folder, `${name}.new`), join(folder, name));
  return folder;
}

/** Where the CLI's output goes: to the terminal, unless something else is said. */
export interface Output {
  /** Standard output is returned. */
  readonly capture?: boolean;
  /** With `capture`: what it says of failures goes nowhere. */
  readonly quiet?: boolean;
  /** An open file for all of it. It is the CLI's own: it goes on when this process is gone. */
  readonly log?: number;
  /** A file that the engine writes its events to, one JSON object a line. */
  readonly events?: string;
}

/** Runs the Pulumi CLI. */
export async function pulumi(
  args: readonly string[],
  workspace: Workspace,
  output: Output = {},
): Promise<PulumiResult> {
  // The Kubernetes provider leaves a copy of the kubeconfig, with its keys, among the temporary files of every run.
  removeLeftovers(tmpdir(), /^pulumi-run-(\d+)-/);
  const temporary = mkdtempSync(join(tmpdir(), `pulumi-run-${process.pid}-`));
  try {
    return await started(args, { ...workspace, env: { ...workspace.env, TMPDIR: temporary } }, output);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
    forgetOldUpdates(workspace.env["PULUMI_BACKEND_URL"]);
  }
}

function started(
  args: readonly string[],
  { folder, env }: Workspace,
  { capture = false, quiet = false, log, events }: Output,
): Promise<PulumiResult> {
  // The CLI takes --event-log only where its commands for debugging are on.
  const [all, variables] =
    events === undefined ? [args, env] : [[...args, "--event-log", events], { ...env, PULUMI_DEBUG_COMMANDS: "true" }];
  return new Promise((resolve, reject) => {
    const child = spawn("pulumi", [...all, "--non-interactive"], {
      cwd: folder,
      env: variables,
      stdio: ["ignore", log ?? (capture ? "pipe" : "inherit"), log ?? (quiet ? "ignore" : "inherit")],
    });
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    // Ctrl-C reaches the CLI through the terminal; it finishes the running steps and this process waits for that.
    const wait = () => {};
    const stop = () => child.kill("SIGINT");
    process.on("SIGINT", wait).on("SIGTERM", stop);
    child.on("error", (error) => reject(new Error(`pulumi does not start: ${error.message}`)));
    child.on("close", (code, signal) => {
      process.off("SIGINT", wait).off("SIGTERM", stop);
      resolve({ code: code ?? (signal === "SIGINT" ? 130 : 143), output });
    });
  });
}

/** Selects a stack, and makes it where it does not exist. Throws when that fails. */
export async function selectStack(stack: string, workspace: Workspace): Promise<void> {
  const { code } = await pulumi(["stack", "select", "--create", stack], workspace, { capture: true });
  if (code !== 0) throw new Error(`the stack "${stack}" could not be selected (exit ${code})`);
}

/** Programs that the engine starts: providers, the language host, and the runners of programs and policy packs. */
const engineChild = /pulumi-(resource|language|analyzer)-|@pulumi\/pulumi\/cmd\/run/;

/**
 * Ends what an engine that was killed left running: its providers wait for it forever, and its program may spin. Only
 * children of an engine that ran with a checkout's own home are looked at, and those of a living engine are left alone.
 */
export function endOrphanedPlugins(): void {
  if (process.platform !== "linux") return;
  const read = (pid: string, file: string) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, "utf8");
    } catch {
      return ""; // it ended by itself in this moment, or is another user's
    }
  };
  const parent = (pid: string) => /^PPid:\s+(\d+)$/m.exec(read(pid, "status"))?.[1] ?? "0";
  const hasEngine = (pid: string): boolean =>
    Number(pid) > 1 && (/^(\S*\/)?pulumi\0/.test(read(pid, "cmdline")) || hasEngine(parent(pid)));
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (
      !engineChild.test(read(pid, "cmdline")) ||
      !/(^|\0)PULUMI_HOME=[^\0]*\/\.state\/pulumi(\0|$)/.test(read(pid, "environ")) ||
      hasEngine(pid)
    )
      continue;
    try {
      process.kill(Number(pid), "SIGKILL"); // they hold no state of their own, and a spinning one does not listen
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // it went with its parent
    }
  }
}

/**
 * Takes back the locks of updates whose process is gone: one that was killed cannot do it itself. Throws, naming the
 * process, when one is still running. Only locks of the project's own file backend are looked at.
 */
export async function releaseStaleLocks(stack: string, workspace: Workspace): Promise<void> {
  const backend = workspace.env["PULUMI_BACKEND_URL"] ?? "";
  if (!backend.startsWith("file://")) return;
  const folder = join(
    backend.slice("file://".length).replace(/\?.*/, ""),
    ".pulumi/locks/organization/production-platform",
    stack,
  );
  const locks = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  if (locks.length === 0) return;
  for (const lock of locks) {
    const { pid, hostname: host } = JSON.parse(readFileSync(join(folder, lock), "utf8")) as {
      pid: number;
      hostname: string;
    };
    if (host !== hostname() || isPulumi(pid)) {
      throw new Error(
        `another update of stack "${stack}" is running: process ${pid} on ${host}. Wait for it, or end it with "kill -INT ${pid}"`,
      );
    }
  }
  console.log(`taking back the lock of an update that was killed`);
  const { code } = await pulumi(["cancel", "--stack", stack, "--yes"], workspace, { capture: true });
  if (code !== 0) throw new Error(`the lock of stack "${stack}" could not be taken back (exit ${code})`);
}

function isPulumi(pid: number): boolean {
  try {
    return (
      isRunning(pid) &&
      (process.platform !== "linux" || readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("pulumi"))
    );
  } catch {
    return false; // it ended in this moment
  }
}
