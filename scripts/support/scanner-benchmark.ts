import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { stringify } from "yaml";
import { buildPrograms, programPath } from "../../cluster/build.ts";
import { scanner } from "../../cluster/pins.ts";
import { checkout } from "./checkout.ts";
import type { Manifest } from "./declared-objects.ts";
import { type Measurement, timed } from "./measurement.ts";

/** Objects that both judge: a large cluster's. */
const scannedObjects = 10_000;

/**
 * `npm run check` and another scanner, each with all it knows, as whole processes on the same file of many objects.
 * Builds the other one if it is missing.
 */
export async function scannerMeasurements(
  declared: readonly Manifest[],
  folder: string,
  print: (line: string) => void,
): Promise<Measurement[]> {
  await buildPrograms([scanner], print);
  const file = join(folder, "objects.yaml");
  await writeObjects(file, declared);
  const check = [join(checkout, "scripts/check.ts"), "--profile", "strict", "--max-size", "512", file];
  const size = `${scannedObjects.toLocaleString("en")} objects in one file of YAML`;
  return [
    { id: "g", title: `npm run check, ${size}`, measure: () => timed(() => judged(process.execPath, check)) },
    {
      id: "h",
      title: `${scanner.name} with its optional checks, the same file`,
      measure: () => timed(() => judged(programPath(scanner), ["score", "--all-default-optional", file])),
    },
  ];
}

/**
 * Copies of the stack, each with namespaces of its own. Packed programs are left out: nobody else has them in a
 * ConfigMap.
 */
async function writeObjects(file: string, declared: readonly Manifest[]): Promise<void> {
  const out = createWriteStream(file);
  for (let index = 0; index < scannedObjects; index += 1) {
    const { binaryData: _, metadata, ...rest } = declared[index % declared.length]!;
    const copy = Math.floor(index / declared.length);
    const place =
      rest.kind === "Namespace"
        ? { name: `${metadata.name}-${copy}` }
        : metadata.namespace === undefined
          ? {}
          : { namespace: `${metadata.namespace}-${copy}` };
    out.write(
      `---\n${stringify({ ...rest, metadata: { ...metadata, ...place } }, { version: "1.1", aliasDuplicateObjects: false, lineWidth: 0 })}`,
    );
  }
  await finished(out.end());
}

/**
 * Waits for a scanner; 0 and 1 are verdicts if it said something, all else is an error. What it finds is counted and
 * thrown away.
 */
function judged(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    const said: Buffer[] = [];
    let bytes = 0;
    child.stdout.on("data", (chunk: Buffer) => (bytes += chunk.length));
    child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code !== null && code <= 1 && bytes > 0) return resolve();
      reject(new Error(`${program} ended with ${signal ?? `exit ${code}`}:\n${Buffer.concat(said).toString().trim()}`));
    });
  });
}
