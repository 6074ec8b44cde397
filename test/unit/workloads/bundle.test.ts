import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import test from "ava";
import { assertFitsConfigMap, bundleServer, configMapLimit } from "../../../workloads/bundle.ts";

const bundle = bundleServer();

test("the bundle is an ES module by its name and carries its own hash", (t) => {
  t.is(bundle.fileName, "server.mjs");
  t.is(bundle.sha256, createHash("sha256").update(bundle.source).digest("hex"));
});

test("the bundle is below 600 KiB", (t) => {
  t.true(Buffer.byteLength(bundle.source) < 600 * 1024, `${Buffer.byteLength(bundle.source)} bytes`);
});

test("the bundle is the same from another process and working directory", (t) => {
  const url = new URL("../../../workloads/bundle.ts", import.meta.url).href;
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", `import { bundleServer } from "${url}"; process.stdout.write(bundleServer().sha256);`], { cwd: tmpdir(), encoding: "utf8" });
  t.is(output, bundle.sha256);
});

test("the bundle names no folder of the machine that made it", (t) => {
  t.false(bundle.source.includes(process.cwd()));
});

test("the bundle starts without node_modules and refuses an empty environment with exit code 2", (t) => {
  const error = t.throws(() => execFileSync(process.execPath, ["--input-type=module", "-"], { cwd: tmpdir(), env: {}, input: bundle.source.replaceAll("import.meta.url", JSON.stringify("file:///app/server.mjs")), encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] })) as Error & { status: number; stdout: string };
  t.is(error.status, 2);
  t.is(JSON.parse(error.stdout.trim()).msg, "ROLE is not set: expected one of bgc-api, integration-gateway, bgc-web");
});

test("a file of exactly the ConfigMap limit fits", (t) => {
  t.notThrows(() => assertFitsConfigMap("server.mjs", configMapLimit));
});

test("a file above the ConfigMap limit is refused with its size and the limit", (t) => {
  t.throws(() => assertFitsConfigMap("server.mjs", 1048577), { message: /^server\.mjs has 1048577 bytes and a ConfigMap holds at most 1048576:/ });
});
