import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { checkout } from "./support/checkout.ts";
import { command } from "./support/command.ts";

command("npm run lint --")
  .description(
    "Look for circles of imports, imports of a folder by one that may not (biome.jsonc), usual slips, and exports that nobody imports (knip.jsonc).",
  )
  .addHelpText("after", "\nExit codes: 0 nothing found, 1 something found, 2 wrong usage.")
  .allowExcessArguments(false)
  .parse();

const failed = [["biome", "check", "--error-on-warnings"], ["knip"]].filter(
  ([program, ...args]) =>
    spawnSync(join(checkout, "node_modules/.bin", program!), args, { cwd: checkout, stdio: "inherit" }).status !== 0,
);
process.exitCode = failed.length > 0 ? 1 : 0;
