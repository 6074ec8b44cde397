import { type ChildProcess, spawn } from "node:child_process";
import { delimiter } from "node:path";

/**
 * The environment for the system's programs: npm puts the programs of packages first on PATH, and one of them is called
 * nft like the packet filter's.
 */
export function systemEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  return {
    ...(process.env as Record<string, string>),
    PATH: [...path, "/usr/sbin", "/sbin"].join(delimiter),
    ...extra,
  };
}

/** Programs that run. One listener serves all of them, because dozens run side by side. */
const running = new Set<ChildProcess>();
const stopAll = () => running.forEach((child) => child.kill("SIGINT")); // what Ctrl-C sends, so that compilers and package managers clean up
const interrupted = () => process.exit(130); // runs the exit handlers, which a bare Ctrl-C would not

function started(child: ChildProcess): void {
  if (running.size === 0) process.on("exit", stopAll).on("SIGINT", interrupted).on("SIGTERM", interrupted);
  running.add(child);
}

function ended(child: ChildProcess): void {
  running.delete(child);
  if (running.size === 0) process.off("exit", stopAll).off("SIGINT", interrupted).off("SIGTERM", interrupted);
}

/** A program that ended with another exit code than 0. */
export class CommandError extends Error {}

export interface RunOptions {
  /** @default this process's own */
  readonly cwd?: string;
  /** Variables beside those of this process. */
  readonly env?: Record<string, string>;
  /** What the program reads. @default nothing */
  readonly input?: string;
  /** Seconds after which the program is ended, and has failed. @default never */
  readonly limit?: number;
}

/**
 * Runs a program to its end and returns its standard output. Throws with what it printed when it fails. Ctrl-C ends it.
 */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: systemEnvironment(options.env),
      stdio: ["pipe", "pipe", "pipe"],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on("error", () => {}); // the program may end before it read everything
    child.stdin.end(options.input);
    started(child);
    let late = "";
    const timer =
      options.limit === undefined
        ? undefined
        : setTimeout(() => {
            late = `it has not ended within ${options.limit} s`;
            child.kill("SIGKILL");
            // A child of its own may hold them open for ever.
            for (const stream of [child.stdout, child.stderr]) stream.destroy();
          }, options.limit * 1000);
    child.on("error", (error) => reject(new CommandError(`${program} does not start: ${error.message}`)));
    child.on("close", (code, signal) => {
      ended(child);
      clearTimeout(timer);
      if (code === 0) return resolve(Buffer.concat(stdout).toString());
      const said = late || Buffer.concat(stderr).toString().trim() || Buffer.concat(stdout).toString().trim();
      reject(
        new CommandError(
          `${program} ${args.slice(0, 4).join(" ")} failed (${signal ?? `exit ${code}`}): ${said.split("\n").slice(-15).join("\n")}`,
        ),
      );
    });
  });
}

/** Whether a program runs and ends well. */
export const succeeds = (program: string, args: readonly string[], options?: RunOptions): Promise<boolean> =>
  run(program, args, options).then(
    () => true,
    () => false,
  );
