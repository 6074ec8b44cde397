import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { brotliDecompressSync } from "node:zlib";
import test from "ava";
import { assertFitsConfigMap, bundleServer, configMapLimit } from "../../../workloads/bundle.ts";

const systems = readdirSync(new URL("../../../workloads/server/systems", import.meta.url)).map((file) =>
  file.replace(/\.ts$/, ""),
);

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

test("the bundles together are below 1.27 MB in base64, because the engine has each three times in the state that it writes after every step", (t) => {
  t.is(systems.length, 5);
  const length = systems.reduce((sum, system) => sum + bundleServer(system).binaries["server.mjs.br"]!.length, 0);
  t.true(length < 1_270_000, `${length} characters`);
});

test("what stands in for a library in the bundles says why it cannot do its work", (t) => {
  const require = createRequire(new URL("../../../workloads/left-out/", import.meta.url));
  const { Type } = require("./avsc.cjs") as { Type: { forSchema: (schema: object) => never } };
  t.throws(() => Type.forSchema({ type: "string" }), {
    message: "Avro is not part of the bundle: remove workloads/left-out/avsc.cjs and its alias",
  });
});

test("what EDI's bundle leaves out beside itself are the tables of Chinese, Japanese and Korean encodings, and nothing else", (t) => {
  const source = brotliDecompressSync(
    Buffer.from(bundleServer("bots-edi").binaries["server.mjs.br"]!, "base64"),
  ).toString();
  t.deepEqual(
    [...new Set([...source.matchAll(/\("(\.\.?\/[^"]*)"\)/g)].map(([, file]) => file!))].sort(),
    ["big5-added", "cp936", "cp949", "cp950", "eucjp", "gb18030-ranges", "gbk-added", "shiftjis"].map(
      (name) => `./tables/${name}.json`,
    ),
  );
  t.false(/\p{Script=Han}/u.test(source));
});

test("EDI's bundle has the encoding that MySQL's client takes for UTF-8 in its first message", (t) => {
  t.regex(
    brotliDecompressSync(Buffer.from(bundleServer("bots-edi").binaries["server.mjs.br"]!, "base64")).toString(),
    /cesu8:\{type:"_internal"/,
  );
});

test("a system without a contract server is refused with the names of those that have one", (t) => {
  t.throws(() => bundleServer("bgc"), {
    message: /^there is no contract server for "bgc": choose from .*bgc-platform/,
  });
});

test("a file of exactly the ConfigMap limit fits", (t) => {
  t.notThrows(() => assertFitsConfigMap("server.mjs.br", configMapLimit));
});

test("a file above the ConfigMap limit is refused with its size and the limit", (t) => {
  t.throws(() => assertFitsConfigMap("server.mjs.br", 1048577), {
    message: /^server\.mjs\.br has 1048577 bytes and a ConfigMap holds at most 1048576:/,
  });
});
