// Unpacks the server, which is larger than a ConfigMap may be, and runs it.
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";

const server = join(tmpdir(), `server-${process.pid}.mjs`);
writeFileSync(server, brotliDecompressSync(readFileSync(new URL("server.mjs.br", import.meta.url))));
await import(server);
