import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import test from "ava";
import { assertFitsConfigMap, bundleServer, configMapLimit, type ServerBundle } from "../../../workloads/bundle.ts";

const systems = readdirSync(new URL("../../../workloads/server/systems", import.meta.url)).map((file) => file.replace(/\.ts$/, ""));

/** Runs Node.js in another working directory; resolves when it has ended, whatever its exit code. */
const node = (args: readonly string[], env: NodeJS.ProcessEnv) =>
  new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, args, { cwd: tmpdir(), env, maxBuffer: 2 ** 24 }, (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }));
  });

/** Starts a bundle by its launcher in a folder that holds nothing else. */
async function launch({ files, binaries }: ServerBundle) {
  const folder = mkdtempSync(join(tmpdir(), "bundle-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  for (const [name, text] of Object.entries(binaries)) writeFileSync(join(folder, name), Buffer.from(text, "base64"));
  return node([join(folder, "start.mjs")], { TMPDIR: folder }).finally(() => rmSync(folder, { recursive: true }));
}

/** The system whose bundle takes a file of the checkout by a path that depends on the working directory: the one to make anew. */
const another = "bots-edi";
const makeAnew = `import { buildServer } from "${new URL("../../../workloads/bundle.ts", import.meta.url).href}"; process.stdout.write(JSON.stringify(buildServer("${another}").binaries));`;

/** Everything that takes a process, side by side. Started by the first test and not before: until then another suite may have made the bundles. */
function startAll() {
  const launched = new Map(systems.map((system) => [system, launch(bundleServer(system))]));
  return { launched, anew: node(["--input-type=module", "--eval", makeAnew], process.env) };
}
let running: ReturnType<typeof startAll> | undefined;
const processes = () => (running ??= startAll());

for (const system of systems) {
  const packed = () => {
    processes();
    return Buffer.from(bundleServer(system).binaries["server.mjs.br"]!, "base64");
  };

  test(`the bundle of ${system} leaves half of a ConfigMap free`, (t) => {
    const { byteLength } = packed();
    t.true(byteLength < configMapLimit / 2, `${byteLength} bytes`);
  });

  test(`the bundle of ${system} names no folder of the machine that made it`, (t) => {
    t.false(brotliDecompressSync(packed()).includes(process.cwd()));
  });

  test(`the launcher unpacks and starts ${system} without node_modules, and an empty environment ends with exit code 2`, async (t) => {
    const { code, stdout, stderr } = await processes().launched.get(system)!;
    t.is(code, 2, stderr);
    t.regex(JSON.parse(stdout.trim().split("\n")[0]!).msg, /^ROLE is not set: expected one of [a-z, -]+$/);
  });
}

test("a bundle made anew by another process in another working directory is the one that is kept", async (t) => {
  const { code, stdout, stderr } = await processes().anew;
  t.is(code, 0, stderr);
  t.deepEqual(JSON.parse(stdout), bundleServer(another).binaries);
});

test("a system without a contract server is refused with the names of those that have one", (t) => {
  t.throws(() => bundleServer("bgc"), { message: /^there is no contract server for "bgc": choose from .*bgc-platform/ });
});

test("a file of exactly the ConfigMap limit fits", (t) => {
  t.notThrows(() => assertFitsConfigMap("server.mjs.br", configMapLimit));
});

test("a file above the ConfigMap limit is refused with its size and the limit", (t) => {
  t.throws(() => assertFitsConfigMap("server.mjs.br", 1048577), { message: /^server\.mjs\.br has 1048577 bytes and a ConfigMap holds at most 1048576:/ });
});
