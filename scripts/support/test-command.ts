import { Option } from "commander";
import { commands, command as program } from "./command.ts";
import { levelsOf, type TestCommand, testCommands, wantedLevels } from "./test-levels.ts";
import { runTests } from "./test-run.ts";

/**
 * Reads the command line of one of the commands that run tests, and runs it. Wrong usage ends with 2 before anything
 * runs.
 */
export async function testCommand(command: TestCommand): Promise<void> {
  const platform = command === "test:platform";
  const usage = program(`${testCommands[command].line} --`)
    .description(commands[command].summary)
    .argument("[levels...]", `levels to run: ${levelsOf(command).join(", ")}; all of them when none is named`)
    .option("--match <title>", "run only tests whose title matches (with * as a wildcard)")
    .addOption(new Option("--keep", "leave the platform running afterwards").hideHelp(!platform))
    .addHelpText("after", "\nExit codes: 0 all passed, 1 a test failed, 2 wrong usage.")
    .parse();
  const options = usage.opts<{ match?: string; keep?: boolean }>();
  const refuse = (reason: string) => usage.error(reason, { exitCode: 2 });
  const wanted = () => {
    try {
      return wantedLevels(command, usage.args);
    } catch (error) {
      return refuse((error as Error).message);
    }
  };
  const levels = wanted();
  if (options.keep && !platform)
    refuse(
      `--keep is for "${testCommands["test:platform"].line}": no level of "${testCommands.test.line}" brings a platform up`,
    );
  process.exitCode = await runTests({ command, wanted: levels, ...options });
}
