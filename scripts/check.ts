import { checkCommand } from "./support/check-command.ts";
import { ownTerminal } from "./support/command.ts";

process.exitCode = await checkCommand(process.argv.slice(2), ownTerminal());
