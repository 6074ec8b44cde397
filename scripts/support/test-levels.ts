/** The commands that run tests: how a person calls each, and what its levels need. */
export const testCommands = {
  test: { line: "npm test", needs: "Node.js alone" },
  "test:platform": { line: "npm run test:platform", needs: "root, Debian packages and a platform, which it brings up" },
} as const;
export type TestCommand = keyof typeof testCommands;

/** The levels in the order they run, and the command that each belongs to. */
const commandOf = {
  types: "test",
  unit: "test",
  policy: "test",
  programs: "test",
  machine: "test:platform",
  integration: "test:platform",
  e2e: "test:platform",
} as const satisfies Record<string, TestCommand>;
export type Level = keyof typeof commandOf;

/** Names a file that takes the counts of a run: the gate reads them there, and prints the closing line itself. */
export const countsFile = "PLATFORM_TEST_COUNTS";

/** How many tests passed, failed and were skipped. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The levels of a command, in their order. */
export const levelsOf = (command: TestCommand): Level[] =>
  (Object.keys(commandOf) as Level[]).filter((level) => commandOf[level] === command);

/**
 * The levels that a person named, or all of the command's where none is named. Throws where a name is no level, or one
 * of the other command.
 */
export function wantedLevels(command: TestCommand, named: readonly string[]): Level[] {
  const own = levelsOf(command);
  const unknown = named.find((name) => !Object.hasOwn(commandOf, name));
  if (unknown !== undefined) throw new Error(`"${unknown}" is not a level: ${choices(command)}`);
  const others = (named as Level[]).filter((level) => commandOf[level] !== command);
  if (others.length > 0) {
    const mine = (named as Level[]).filter((level) => commandOf[level] === command);
    const lines = [...(mine.length > 0 ? [call(command, mine)] : []), call(commandOf[others[0]!], others)];
    const [verb, noun] = others.length === 1 ? ["is", "a level"] : ["are", "levels"];
    throw new Error(
      `${others.join(", ")} ${verb} ${noun} of "${testCommands[commandOf[others[0]!]].line}" and not of "${testCommands[command].line}": run ${lines.map((line) => `"${line}"`).join(" and ")}`,
    );
  }
  return own.filter((level) => named.length === 0 || named.includes(level));
}

const choices = (command: TestCommand): string =>
  [command, ...(Object.keys(testCommands) as TestCommand[]).filter((name) => name !== command)]
    .map((name) => `"${testCommands[name].line}" has ${levelsOf(name).join(", ")}`)
    .join("; ");

const call = (command: TestCommand, levels: readonly Level[]): string =>
  `${testCommands[command].line} -- ${levels.join(" ")}`;

/** What a run did not cover, a line for each command that does; none where all levels ran. */
export function notCovered(ran: readonly Level[]): string[] {
  return (Object.keys(testCommands) as TestCommand[]).flatMap((command) => {
    const left = levelsOf(command).filter((level) => !ran.includes(level));
    if (left.length === 0) return [];
    const line = left.length === levelsOf(command).length ? testCommands[command].line : call(command, left);
    return [`not covered: ${left.join(", ")}. They need ${testCommands[command].needs}: ${line}`];
  });
}

/** A test that failed. */
export interface Failure {
  /** With the test's level. */
  readonly title: string;
  /** What it reported, line by line. */
  readonly details: readonly string[];
}

/** The lines of a failure that stand in the list at the end: enough for the values and the place. */
const shownDetails = 20;

/** How a run ends. */
export interface Ending {
  readonly counts: Counts;
  readonly failures: readonly Failure[];
  readonly ran: readonly Level[];
}

/**
 * The last lines of a run: what failed, what was not covered, and the counts. For the gate the command stands before
 * them: it has one closing line of its own.
 */
export function closing(
  { counts: { passed, failed, skipped }, failures, ran }: Ending,
  ofGate?: TestCommand,
): string[] {
  const counts = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
  return [
    ...(failures.length > 0
      ? [
          "",
          "failed:",
          ...failures.flatMap(({ title, details }) => [
            `  ${title}`,
            ...details.slice(0, shownDetails).map((line) => `    ${line}`),
          ]),
        ]
      : []),
    "",
    ...(ofGate ? [`${testCommands[ofGate].line}: ${counts}`] : [...notCovered(ran), counts]),
  ];
}
