// Unpacks the server, which is larger than a ConfigMap may be, and runs it.
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const server = join(tmpdir(), `server-${process.pid}.mjs`);
writeFileSync(server, gunzipSync(readFileSync(new URL("server.mjs.gz", import.meta.url))));
await import(server);
