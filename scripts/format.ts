import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { checkout } from "./support/checkout.ts";
import { npmCommand } from "./support/command.ts";

npmCommand("format")
  .argument("[paths...]", "files or folders, from the checkout's folder", ["."])
  .addHelpText("after", "\nExit codes: 0 written, 1 a file cannot be read as TypeScript, 2 wrong usage.")
  .action((paths: string[]) => {
    process.exitCode =
      spawnSync(join(checkout, "node_modules/.bin/biome"), ["format", "--write", ...paths], {
        cwd: checkout,
        stdio: "inherit",
      }).status ?? 1;
  })
  .parse();
