import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { ApiError } from "../../policies/gates/check/api-client.ts";
import { check } from "../../policies/gates/check/check.ts";
import type { Checked, CheckOptions } from "../../policies/gates/check/check.ts";
import { listExceptions } from "../../policies/gates/check/exceptions-list.ts";
import { writeWhole } from "../../policies/gates/check/files.ts";
import { exceptionsFormats } from "../../policies/gates/check/formats/exceptions.ts";
import { formats } from "../../policies/gates/check/formats/index.ts";
import type { Format } from "../../policies/gates/check/formats/index.ts";
import { summaryFormats } from "../../policies/gates/check/formats/summary.ts";
import { standardsFormats } from "../../policies/gates/check/formats/standards.ts";
import { countsOf, problemText, verdictOf } from "../../policies/gates/check/formats/wording.ts";
import { exitCodeOf } from "../../policies/gates/check/report.ts";
import { explain } from "../../policies/gates/check/rule-text.ts";
import { chosenRules, listRules, UsageError } from "../../policies/gates/check/rules-list.ts";
import { standardsReport } from "../../policies/gates/check/standards-report.ts";
import { summaryOf } from "../../policies/gates/check/summary.ts";
import { enumerated } from "../../policies/model/enumerated.ts";
import { severities } from "../../policies/engine/enforcement.ts";
import { profileNames, profiles } from "../../policies/profiles/profiles.ts";
import type { Severity } from "../../policies/rules/rule.ts";
import { rulesAsOf } from "../../policies/rules/index.ts";
import { stackKubeconfig } from "./cluster-record.ts";
import { exitCode, npmCommandOn, type Terminal } from "./command.ts";
import { connect, ownKubeconfigs, UnknownContext, Unreachable } from "./kube-context.ts";

const list = (text: string) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
const commandLine = (terminal: Terminal): Command =>
  npmCommandOn(terminal, "check")
    .argument("[inputs...]", "files, folders (every .yaml, .yml and .json below) and - for standard input")
    .addOption(new Option("--format <name>", "how to write the result").choices(Object.keys(formats)).default("human"))
    .option("--output <file>", "write it to a file and only the verdict to the terminal")
    .addOption(
      new Option("--profile <name>", "which rules look, and the lowest severity that blocks").choices([
        ...profileNames,
      ]),
    )
    .addOption(
      new Option("--fail-on <severity>", "lowest severity that blocks, whatever the profile says").choices([
        ...severities,
      ]),
    )
    .option("--baseline <file>", "accept the findings in this file, so that only new ones block")
    .option("--write-baseline <file>", "accept all findings of today, and write them to this file")
    .option("--strict", "a verdict that could not be given counts as a finding", false)
    .option(
      "--settings <file>",
      "numbers and levels of the rules as YAML: what a stack has under policies, or a stack's file",
    )
    .option("--rules <ids>", "only these rules, by id or row: X01-privileged,X05", list)
    .option("--skip-rules <ids>", "all rules but these", list)
    .option("--live", "judge the objects of a cluster instead of files")
    .option(
      "--stack <name>",
      "with --live: the cluster that this stack was brought up on, which has to be the same one still",
    )
    .option(
      "--context <name>",
      "with --live: a context of the kubeconfig, or of what npm run up wrote; without it and --stack the kubeconfig's current one",
    )
    .option("--namespace <name>", "with --live: only this namespace, which may be one of the system's own")
    .option("--exceptions", "list all exceptions with reason, end and state instead of the findings")
    .option("--report", "say for each standard what is covered, passed, failed and excepted instead of the findings")
    .option("--summary", "count what was read, and the findings by rule, instead of the findings")
    .option("--list-rules", "name all rules, or those of --profile, and check nothing")
    .option("--explain <id>", "say everything about a rule, and check nothing", (id: string, ids: string[] = []) => [
      ...ids,
      id,
    ])
    .addOption(new Option("--max-size <MiB>", "largest input").argParser(Number).default(64))
    .addHelpText(
      "after",
      [
        "",
        "Profiles:",
        ...profileNames.map(
          (name) => `  ${name.padEnd(25)}${profiles[name].purpose}; blocks from ${profiles[name].blocksFrom}`,
        ),
        "Without --profile it is that of --settings, strict with --rules or --stack, and otherwise recommended.",
        "",
        "Exit codes: 0 clean, 1 findings that block, 2 wrong usage or nothing to check, 3 an input could not be read and nothing blocks.",
        "Examples:",
        "  npm run check -- deploy/ chart.yaml",
        "  helm template my-chart | npm run -s check -- - --format sarif --output check.sarif",
        "  npm run check -- --live --namespace shop --baseline known.json",
      ].join("\n"),
    );

interface Options extends Pick<CheckOptions, "strict" | "profile" | "rules" | "skipRules" | "settings" | "baseline"> {
  readonly format: Format;
  readonly output?: string;
  readonly failOn?: Severity;
  readonly writeBaseline?: string;
  readonly live?: true;
  readonly stack?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly exceptions?: true;
  readonly report?: true;
  readonly summary?: true;
  readonly listRules?: true;
  readonly explain?: string[];
  readonly maxSize: number;
}

/** Runs `npm run check` with these arguments and returns its exit code. */
export function checkCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const work = () => {
    const program = commandLine(terminal).parse(args, { from: "user" });
    return run(program.args, program.opts<Options>(), terminal);
  };
  return exitCode(work, terminal, async (error) => ({
    code:
      error instanceof ApiError || error instanceof Unreachable
        ? 3
        : error instanceof UsageError || error instanceof UnknownContext
          ? 2
          : 1,
    text: error instanceof Error ? error.message : String(error),
  }));
}

async function run(inputs: readonly string[], options: Options, terminal: Terminal): Promise<number> {
  const { base, stdin, kubeconfig } = terminal;
  const today = new Date().toISOString().slice(0, 10);
  const known = rulesAsOf(today);
  if (options.explain || options.listRules) {
    terminal.out(
      options.explain
        ? chosenRules(options.explain, known).map(explain).join("\n")
        : listRules(
            (options.rules ? chosenRules(options.rules, known) : known).filter((rule) =>
              profiles[options.profile ?? "strict"].holds(rule),
            ),
          ),
    );
    return 0;
  }
  refuseContradictions(inputs, options);
  const { live, stack, context, namespace, maxSize, writeBaseline, ...rest } = options;
  const connection = stack === undefined ? undefined : await connect(undefined, stack, kubeconfig);
  const checked = await check(
    {
      ...rest,
      inputs,
      ...(live ? { live: { connection, context, namespace } } : {}),
      accept: writeBaseline !== undefined,
      maxMebibytes: maxSize,
    },
    {
      base,
      stdin,
      kubeconfig,
      otherKubeconfigs: context === undefined ? [stackKubeconfig("dev")] : ownKubeconfigs(),
      today,
    },
  );
  if (writeBaseline !== undefined)
    writeWhole(resolve(base, writeBaseline), `${JSON.stringify(checked.accepted, undefined, 2)}\n`);
  publish(checked, resultOf(checked, options, terminal.colour, today), options, terminal);
  return exitCodeOf(checked.report);
}

function refuseContradictions(inputs: readonly string[], options: Options): void {
  if (options.live && inputs.length > 0) throw new UsageError("--live reads a cluster: name either it or files");
  if (!options.live && [options.stack, options.context, options.namespace].some((choice) => choice !== undefined))
    throw new UsageError("--stack, --context and --namespace choose what --live reads: add --live");
  if (options.stack !== undefined && options.context !== undefined)
    throw new UsageError("--stack and --context each name a cluster: choose one");
  if (!options.live && inputs.length === 0)
    throw new UsageError("nothing to check: name files, folders, - for standard input, or --live; --help says more");
  const views = (["report", "exceptions", "summary"] as const)
    .filter((view) => options[view])
    .map((view) => `--${view}`);
  if (views.length > 1) throw new UsageError(`${enumerated(views)} each take the place of the findings: choose one`);
  if (views.length > 0 && !Object.hasOwn(standardsFormats, options.format))
    throw new UsageError(
      `${views[0]} is written as ${Object.keys(standardsFormats).join(", ")}, not as ${options.format}`,
    );
  if (!(options.maxSize > 0)) throw new UsageError("--max-size is a number of MiB above 0");
}

/** The result in the format and view that was asked for. */
function resultOf(
  { report, rules, settings, origins, files }: Checked,
  options: Options,
  colour: boolean,
  today: string,
): string {
  const view = options.format as keyof typeof standardsFormats;
  if (options.report) return standardsFormats[view](standardsReport(report, rules, settings));
  if (options.summary) return summaryFormats[view](summaryOf(report, files));
  if (options.exceptions) return exceptionsFormats[view](listExceptions(report, origins, today));
  return formats[options.format](report, { colour: options.output === undefined && colour });
}

/**
 * Whatever a program reads stays alone on standard output; people still see the verdict, and what could not be read.
 */
function publish(
  { report, accepted, strayOverrides }: Checked,
  result: string,
  options: Options,
  { base, out, error }: Terminal,
): void {
  const { output, writeBaseline } = options;
  if (output === undefined) out(result);
  else writeWhole(resolve(base, output), result);
  const isWhole =
    output === undefined && options.format === "human" && !options.report && !options.exceptions && !options.summary;
  const aside = [
    ...(isWhole
      ? []
      : [
          ...(report.context === undefined ? [] : [`context ${report.context}`]),
          ...report.problems.map((problem) => `unreadable ${problemText(problem)}`),
          `check ${verdictOf(report)}: ${countsOf(report)}`,
        ]),
    // Settings are shared, and what is checked may be a part of what they are for: a note, and no finding.
    ...strayOverrides.map((stray) => `note: ${stray}`),
    ...(output === undefined ? [] : [`written to ${output}`]),
    ...(writeBaseline === undefined
      ? []
      : [`${accepted.findings.reduce((sum, { count }) => sum + count, 0)} findings accepted in ${writeBaseline}`]),
    ...(report.counts.objects === 0 && report.counts.problems === 0
      ? ["no Kubernetes object was found: name files that hold some"]
      : []),
  ];
  for (const line of aside) (output === undefined ? error : out)(`${line}\n`);
}
