import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { assertFitsConfigMap, bundleServer, configMapLimit } from "../../../workloads/bundle.ts";

const systems = readdirSync(new URL("../../../workloads/server/systems", import.meta.url)).map((file) => file.replace(/\.ts$/, ""));

for (const system of systems) {
  const bundle = bundleServer(system);

  test(`the bundle of ${system} carries its own hash and leaves half of a ConfigMap free`, (t) => {
    t.is(bundle.sha256, createHash("sha256").update(bundle.source).digest("hex"));
    const bytes = Buffer.from(bundle.binaries["server.mjs.br"]!, "base64").byteLength;
    t.true(bytes < configMapLimit / 2, `${bytes} bytes`);
  });

  test(`the bundle of ${system} names no folder of the machine that made it`, (t) => {
    t.false(bundle.source.includes(process.cwd()));
  });

  test(`the launcher unpacks and starts ${system} without node_modules, and an empty environment ends with exit code 2`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), "bundle-"));
    t.teardown(() => rmSync(folder, { recursive: true }));
    for (const [name, text] of Object.entries(bundle.files)) writeFileSync(join(folder, name), text);
    for (const [name, text] of Object.entries(bundle.binaries)) writeFileSync(join(folder, name), Buffer.from(text, "base64"));
    const error = t.throws(() => execFileSync(process.execPath, [join(folder, "start.mjs")], { cwd: tmpdir(), env: { TMPDIR: folder }, encoding: "utf8", stdio: "pipe" })) as Error & { status: number; stdout: string };
    t.is(error.status, 2);
    t.regex(JSON.parse(error.stdout.trim().split("\n")[0]!).msg, /^ROLE is not set: expected one of [a-z, -]+$/);
  });
}

test("a bundle made anew by another process in another working directory is the one that is kept", (t) => {
  const url = new URL("../../../workloads/bundle.ts", import.meta.url).href;
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", `import { buildServer } from "${url}"; process.stdout.write(JSON.stringify(${JSON.stringify(systems)}.map((system) => buildServer(system).binaries)));`], { cwd: tmpdir(), encoding: "utf8", maxBuffer: 2 ** 24 });
  t.deepEqual(JSON.parse(output), systems.map((system) => bundleServer(system).binaries));
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
