import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { bundleServer, type ServerBundle } from "../../workloads/bundle.ts";

const systems = readdirSync(new URL("../../workloads/server/systems", import.meta.url)).map((file) =>
  file.replace(/\.ts$/, ""),
);

/** Runs Node.js in another working directory; resolves when it has ended, whatever its exit code. */
const node = (args: readonly string[], env: NodeJS.ProcessEnv) =>
  new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, args, { cwd: tmpdir(), env, maxBuffer: 2 ** 24 }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });

/** Starts a bundle by its launcher in a folder that holds nothing else. */
async function launch({ files, binaries }: ServerBundle) {
  const folder = mkdtempSync(join(tmpdir(), "bundle-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  for (const [name, text] of Object.entries(binaries)) writeFileSync(join(folder, name), Buffer.from(text, "base64"));
  return node([join(folder, "start.mjs")], { TMPDIR: folder }).finally(() => rmSync(folder, { recursive: true }));
}

for (const system of systems) {
  test(`the launcher unpacks and starts ${system} without node_modules, and an empty environment ends with exit code 2`, async (t) => {
    const { code, stdout, stderr } = await launch(bundleServer(system));
    t.is(code, 2, stderr);
    t.regex(JSON.parse(stdout.trim().split("\n")[0]!).msg, /^ROLE is not set: expected one of [a-z, -]+$/);
  });

  test(`the bundle of ${system} made anew by another process in another working directory is the one that is kept`, async (t) => {
    const make = `import { buildServer } from "${new URL("../../workloads/bundle.ts", import.meta.url).href}"; process.stdout.write(JSON.stringify(buildServer("${system}").binaries));`;
    const { code, stdout, stderr } = await node(["--input-type=module", "--eval", make], process.env);
    t.is(code, 0, stderr);
    t.deepEqual(JSON.parse(stdout), bundleServer(system).binaries);
  });
}
