import { command } from "../../scripts/support/command.ts";
import { ruleFiles } from "./support/rule-imports.ts";
import { ruleMutants } from "./support/rule-mutants.ts";
import { sweep } from "./support/rule-sweep.ts";

const least = 95;

const program = command("node_modules/.bin/node test/policy/sweep.ts")
  .description(
    "Make each slip that there is in the rules, one at a time, and print those that no fixture refuses: a line for each file as it is done.",
  )
  .argument("[files...]", "files of policies/ by path from the checkout; all of them when none is named")
  .addHelpText(
    "after",
    `\nExit codes: 0 at least ${least} % of the slips are refused, 1 fewer, 2 wrong usage.\nExample: node_modules/.bin/node test/policy/sweep.ts policies/rules/containers/probes.ts`,
  )
  .parse();

const files = ruleFiles();
for (const file of program.args)
  if (!files.includes(file))
    program.error(`"${file}" is no file of rules: choose from ${files.join(", ")}`, { exitCode: 2 });

const words = (judged: number, alive: number) =>
  `${judged - alive} of ${judged} slips are refused, ${(judged === 0 ? 100 : (100 * (judged - alive)) / judged).toFixed(1)} %`;
let [judged, alive] = [0, 0];
for (const file of program.args.length > 0 ? program.args : files) {
  const found = await sweep(ruleMutants([file]));
  judged += found.judged;
  alive += found.alive.length;
  console.log(
    [`${file}: ${words(found.judged, found.alive.length)}`, ...found.alive.map((change) => `  ${change}`)].join("\n"),
  );
}
console.log(`all: ${words(judged, alive)}`);
if (100 * (judged - alive) < least * judged) process.exitCode = 1;
