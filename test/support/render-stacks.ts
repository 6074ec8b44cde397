import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stackVariant } from "./stack-variant.ts";

// Renders stacks into a folder: node test/support/render-stacks.ts FOLDER STACK...
const [folder, ...stacks] = process.argv.slice(2);
if (!folder || stacks.length === 0) throw new Error("usage: render-stacks.ts FOLDER STACK...");
for (const stack of stacks) writeFileSync(join(folder, `${stack}.json`), JSON.stringify(await stackVariant(stack)));
