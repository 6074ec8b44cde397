import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

/** The contract server as one file. */
export interface ServerBundle {
  /** Name under which Node.js must find it: the suffix makes it an ES module. */
  readonly fileName: "server.mjs";
  readonly source: string;
  /** Of `source`, in hexadecimal. */
  readonly sha256: string;
}

/** Bytes that a ConfigMap may hold in all. */
export const configMapLimit = 1024 * 1024;

const root = fileURLToPath(new URL("../", import.meta.url));

/** Throws when a file of `bytes` cannot be the content of a ConfigMap. */
export function assertFitsConfigMap(name: string, bytes: number): void {
  if (bytes > configMapLimit) {
    throw new Error(`${name} has ${bytes} bytes and a ConfigMap holds at most ${configMapLimit}: remove a dependency from workloads/server, or ship the server in an image`);
  }
}

/**
 * Bundles the server and its libraries. The result depends on the sources and on the pinned libraries alone, not on the
 * working directory or on where the project lies, because its hash decides whether pods roll.
 */
export function bundleServer(): ServerBundle {
  const fileName = "server.mjs";
  const { outputFiles } = buildSync({
    absWorkingDir: root,
    entryPoints: ["workloads/server/main.ts"],
    bundle: true,
    write: false,
    minify: true,
    platform: "node",
    target: "node24",
    format: "esm",
    charset: "utf8",
    legalComments: "none",
    logLevel: "silent",
    tsconfigRaw: {},
    // pg asks for its native binding only where a program chooses it.
    external: ["pg-native"],
    // The CommonJS libraries inside still call require for Node's own modules.
    banner: { js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);' },
  });
  const source = outputFiles[0]!.text;
  assertFitsConfigMap(fileName, Buffer.byteLength(source));
  return { fileName, source, sha256: createHash("sha256").update(source).digest("hex") };
}
