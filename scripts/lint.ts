import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { checkout } from "./support/checkout.ts";
import { npmCommand } from "./support/command.ts";

npmCommand("lint")
  .addHelpText("after", "\nExit codes: 0 nothing found, 1 something found, 2 wrong usage.")
  .allowExcessArguments(false)
  .parse();

const failed = [["biome", "check", "--error-on-warnings"], ["knip"]].filter(
  ([program, ...args]) =>
    spawnSync(join(checkout, "node_modules/.bin", program!), args, { cwd: checkout, stdio: "inherit" }).status !== 0,
);
process.exitCode = failed.length > 0 ? 1 : 0;
