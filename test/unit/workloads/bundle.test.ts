import { readdirSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import test from "ava";
import { assertFitsConfigMap, bundleServer, configMapLimit } from "../../../workloads/bundle.ts";

const systems = readdirSync(new URL("../../../workloads/server/systems", import.meta.url)).map((file) => file.replace(/\.ts$/, ""));

for (const system of systems) {
  // Made by the first test and not before: until then another suite may have made it.
  const packed = () => Buffer.from(bundleServer(system).binaries["server.mjs.br"]!, "base64");

  test(`the bundle of ${system} leaves half of a ConfigMap free`, (t) => {
    const { byteLength } = packed();
    t.true(byteLength < configMapLimit / 2, `${byteLength} bytes`);
  });

  test(`the bundle of ${system} names no folder of the machine that made it`, (t) => {
    t.false(brotliDecompressSync(packed()).includes(process.cwd()));
  });
}

test("a system without a contract server is refused with the names of those that have one", (t) => {
  t.throws(() => bundleServer("bgc"), { message: /^there is no contract server for "bgc": choose from .*bgc-platform/ });
});

test("a file of exactly the ConfigMap limit fits", (t) => {
  t.notThrows(() => assertFitsConfigMap("server.mjs.br", configMapLimit));
});

test("a file above the ConfigMap limit is refused with its size and the limit", (t) => {
  t.throws(() => assertFitsConfigMap("server.mjs.br", 1048577), { message: /^server\.mjs\.br has 1048577 bytes and a ConfigMap holds at most 1048576:/ });
});
