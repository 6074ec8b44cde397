import { execFile } from "node:child_process";
import { checkout } from "../../../scripts/support/checkout.ts";
import { freePort } from "./image-pod.ts";

/** Runs a program of the contract server until it ends by itself; returns its exit code and its log, a line each. */
export async function runProgram(system: string, role: string, env: Readonly<Record<string, string>>) {
  const entry = `import { main } from "${checkout}/workloads/server/main.ts"; import { programs } from "${checkout}/workloads/server/systems/${system}.ts"; await main(programs);`;
  const port = await freePort();
  return new Promise<{ code: number | null; lines: Record<string, unknown>[] }>((resolve) => {
    const child = execFile(
      process.execPath,
      ["--input-type=module", "--eval", entry],
      { cwd: checkout, env: { PATH: process.env["PATH"], ROLE: role, PORT: String(port), ...env }, timeout: 100_000 },
      (_, stdout) =>
        resolve({
          code: child.exitCode,
          lines: stdout
            .trim()
            .split("\n")
            .filter(Boolean)
            .map((line) => JSON.parse(line) as Record<string, unknown>),
        }),
    );
  });
}
