import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { checkout } from "./checkout.ts";

/** Environment variables of a child process. */
export type Environment = Record<string, string>;

export interface PulumiResult {
  readonly code: number;
  /** Standard output, when it was asked for. */
  readonly output: string;
}

/** Runs the Pulumi CLI in the checkout. Its output goes to the terminal unless it is captured. */
export function pulumi(args: readonly string[], env: Environment, { capture = false } = {}): Promise<PulumiResult> {
  return new Promise((resolve, reject) => {
    const child = spawn("pulumi", [...args, "--non-interactive"], {
      cwd: checkout,
      env,
      stdio: ["ignore", capture ? "pipe" : "inherit", "inherit"],
    });
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    // Ctrl-C reaches the CLI through the terminal; it finishes the running steps and this process waits for that.
    const wait = () => {};
    const stop = () => child.kill("SIGINT");
    process.on("SIGINT", wait).on("SIGTERM", stop);
    child.on("error", (error) => reject(new Error(`pulumi does not start: ${error.message}`)));
    child.on("exit", (code, signal) => {
      process.off("SIGINT", wait).off("SIGTERM", stop);
      resolve({ code: code ?? (signal === "SIGINT" ? 130 : 143), output });
    });
  });
}

/** Selects a stack of this project, and makes it where it does not exist. Throws when that fails. */
export async function selectStack(stack: string, env: Environment): Promise<void> {
  if (!existsSync(join(checkout, `Pulumi.${stack}.yaml`))) {
    throw new Error(`there is no stack "${stack}": Pulumi.${stack}.yaml does not exist`);
  }
  const { code } = await pulumi(["stack", "select", "--create", stack], env, { capture: true });
  if (code !== 0) throw new Error(`the stack "${stack}" could not be selected (exit ${code})`);
}

/**
 * Takes back the locks of updates whose process is gone: one that was killed cannot do it itself. Throws, naming the
 * process, when one is still running. Only locks of the project's own file backend are looked at.
 */
export async function releaseStaleLocks(stack: string, env: Environment): Promise<void> {
  const backend = env["PULUMI_BACKEND_URL"] ?? "";
  if (!backend.startsWith("file://")) return;
  const folder = join(backend.slice("file://".length), ".pulumi/locks/organization/production-platform", stack);
  const locks = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  if (locks.length === 0) return;
  for (const lock of locks) {
    const { pid, hostname: host } = JSON.parse(readFileSync(join(folder, lock), "utf8")) as { pid: number; hostname: string };
    if (host !== hostname() || isPulumi(pid)) {
      throw new Error(`another update of stack "${stack}" is running: process ${pid} on ${host}. Wait for it, or end it with "kill -INT ${pid}"`);
    }
  }
  console.log(`taking back the lock of an update that was killed`);
  const { code } = await pulumi(["cancel", "--stack", stack, "--yes"], env, { capture: true });
  if (code !== 0) throw new Error(`the lock of stack "${stack}" could not be taken back (exit ${code})`);
}

function isPulumi(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("pulumi");
  } catch {
    return false;
  }
}
