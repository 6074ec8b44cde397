// Runs many test files in one worker: loading Pulumi, the program and AVA takes longer than most files' tests do.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkout } from "../../scripts/support/checkout.ts";

// AVA switches source maps on, and Pulumi takes thousands of stack traces; Node.js strips types without moving a line, so none is needed.
process.setSourceMapsEnabled(false);

/** Names the files, a line each, relative to the checkout. */
const files = (process.env["TEST_FILES"] ?? "").split("\n").filter((file) => file !== "");
if (files.length === 0) throw new Error("TEST_FILES names no file: run \"npm test -- unit\", or ava with the file you mean");
for (const file of files) {
  const path = join(checkout, file);
  // AVA would notice a file without a test only where it runs alone.
  if (!/^\s*test(\.\w+)*\(/m.test(readFileSync(path, "utf8"))) throw new Error(`${file} holds no test`);
  await import(pathToFileURL(path).href);
}
