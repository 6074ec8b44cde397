import { admissionCommand } from "./support/admission-command.ts";
import { ownTerminal } from "./support/command.ts";

process.exitCode = await admissionCommand(process.argv.slice(2), ownTerminal());
