import { spawn } from "node:child_process";
import { delimiter } from "node:path";

/**
 * The environment for the system's programs: npm puts the programs of packages first on PATH, and one of them is called
 * nft like the packet filter's.
 */
export function systemEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  return { ...process.env as Record<string, string>, PATH: [...path, "/usr/sbin", "/sbin"].join(delimiter), ...extra };
}

/** A program that ended with another exit code than 0. */
export class CommandError extends Error {}

/** Runs a program to its end and returns its standard output. Throws with what it printed when it fails. Ctrl-C ends it. */
export function run(program: string, args: readonly string[], options: { readonly cwd?: string; readonly env?: Record<string, string>; readonly input?: string } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: options.cwd, env: systemEnvironment(options.env), stdio: ["pipe", "pipe", "pipe"] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on("error", () => {}); // the program may end before it read everything
    child.stdin.end(options.input);
    const stop = () => child.kill("SIGINT"); // what Ctrl-C sends, so that compilers and package managers clean up
    const interrupted = () => process.exit(130); // runs the exit handlers, which a bare Ctrl-C would not
    process.on("exit", stop).on("SIGINT", interrupted).on("SIGTERM", interrupted);
    child.on("error", (error) => reject(new CommandError(`${program} does not start: ${error.message}`)));
    child.on("close", (code, signal) => {
      process.off("exit", stop).off("SIGINT", interrupted).off("SIGTERM", interrupted);
      if (code === 0) return resolve(Buffer.concat(stdout).toString());
      const said = Buffer.concat(stderr).toString().trim() || Buffer.concat(stdout).toString().trim();
      reject(new CommandError(`${program} ${args.slice(0, 4).join(" ")} failed (${signal ?? `exit ${code}`}): ${said.split("\n").slice(-15).join("\n")}`));
    });
  });
}

/** Whether a program runs and ends well. */
export const succeeds = (program: string, args: readonly string[], options?: Parameters<typeof run>[2]): Promise<boolean> =>
  run(program, args, options).then(() => true, () => false);
