import { command as program } from "./command.ts";
import { levelsOf, type TestCommand, testCommands, wantedLevels } from "./test-levels.ts";
import { runTests } from "./test-run.ts";

/** Reads the command line of one of the commands that run tests, and runs it. Wrong usage ends with 2 before anything runs. */
export async function testCommand(command: TestCommand, description: string): Promise<void> {
  const { line } = testCommands[command];
  const usage = program(`${line} --`)
    .description(description)
    .argument("[levels...]", `levels to run: ${levelsOf(command).join(", ")}; all of them when none is named`)
    .option("--match <title>", "run only tests whose title matches (with * as a wildcard)")
    .addHelpText("after", "\nExit codes: 0 all passed, 1 a test failed, 2 wrong usage.");
  if (command === "test:platform") usage.option("--keep", "leave the platform running afterwards");
  usage.parse();
  process.exitCode = await runTests({ command, wanted: wanted(), ...usage.opts<{ match?: string; keep?: boolean }>() });

  function wanted() {
    try {
      return wantedLevels(command, usage.args);
    } catch (error) {
      return usage.error((error as Error).message, { exitCode: 2 });
    }
  }
}
