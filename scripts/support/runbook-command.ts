import type { Command } from "commander";
import type { Target } from "../../components/systems/target.ts";
import { answerOf } from "../../operations/api-answer.ts";
import { act } from "../../operations/runbook/act.ts";
import { Interrupted, Refused, UsageError } from "../../operations/runbook/errors.ts";
import { execBy, type ExecIn } from "../../operations/runbook/exec.ts";
import { counted, type Fact, proven } from "../../operations/runbook/fact.ts";
import { newRun } from "../../operations/runbook/run-id.ts";
import type {
  ActingVerb,
  Input,
  PrintingVerb,
  ReadingVerb,
  Report,
  Scope,
  Verb,
} from "../../operations/runbook/verb.ts";
import { verbs } from "../../operations/runbook/verbs/index.ts";
import { clusterRecord } from "./cluster-record.ts";
import { commandOn, commands, exitCode, type Failure, type Terminal } from "./command.ts";
import { connect, UnknownContext, Unreachable } from "./kube-context.ts";
import { Refusal } from "./refusals.ts";
import { targetsOf } from "./runbook-targets.ts";

/** A terminal that can be asked, and whose user can stop a command. */
export interface RunbookTerminal extends Terminal {
  /** Puts a question; `undefined` where no person is there. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  readonly signal: AbortSignal;
  /** How often and how long to look, in milliseconds. @default every second, and three minutes for a state to settle */
  readonly looks?: { readonly interval: number; readonly patience: number };
  /** @default as `kubectl exec` does */
  readonly exec?: ExecIn;
}

/** The exit codes, as --help says them. */
export const exitCodes =
  "Exit codes: 0 done and proven, 1 failed or not proven, 2 wrong usage, 3 refused before anything was changed, 130 interrupted.";

interface Options {
  readonly stack: string;
  readonly context?: string;
  readonly outputs?: string;
  readonly json?: boolean;
  readonly strict?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** Runs `runbook` with these arguments and returns its exit code. */
export function runbookCommand(args: readonly string[], terminal: RunbookTerminal): Promise<number> {
  let code = 0;
  const program = commandOn(terminal, "runbook")
    .description(commands.runbook.summary)
    .addHelpText(
      "after",
      `\nEach verb: npx runbook <verb> --help, also as npm run runbook -- <verb> --help.\n${exitCodes}`,
    );
  for (const verb of verbs) add(program, verb, terminal, args, (ended) => (code = ended));
  return exitCode(
    async () => (await program.parseAsync(args, { from: "user" }), code),
    terminal,
    async (error) => failure(error),
  );
}

function add(
  program: Command,
  verb: Verb,
  terminal: RunbookTerminal,
  args: readonly string[],
  ended: (code: number) => void,
): void {
  const command = program.command(verb.name).description(verb.summary);
  if (verb.kind !== "prints")
    command.argument(
      verb.kind === "reads" ? "[system]" : "<system>",
      verb.kind === "reads" ? "a system; without one all of the stack" : "the system",
    );
  for (const { form, description } of verb.names) command.argument(form, description);
  for (const { flags, description, default: value } of verb.options) command.option(flags, description, value);
  if (verb.kind !== "prints") {
    command
      .option("--stack <name>", "the stack, on the cluster that it was brought up on", "dev")
      .option("--context <name>", "another context of the kubeconfig, where the stack is too")
      .option(
        "--outputs <file>",
        "what `pulumi stack output --json` says, for a stack that was not brought up from this checkout",
      )
      .option("--json", "one line of JSON on standard output; what a person reads goes to standard error")
      .option("--strict", "what could not be measured counts as a failure");
  }
  if (verb.kind === "acts" || verb.kind === "disturbs")
    command.option("--dry-run", "show the plan and change nothing").option("--yes", "do not ask");
  const asks =
    verb.kind === "disturbs"
      ? "\nIt disturbs what runs: it asks for the system's name, and without a terminal it needs --yes."
      : "";
  command.addHelpText(
    "after",
    `${asks}\nExamples:\n${verb.examples.map((line) => `  npx runbook ${line}`).join("\n")}\n${exitCodes}`,
  );
  command.action(async (...all: unknown[]) => {
    const given = all
      .slice(0, -2)
      .flat()
      .filter((each): each is string => typeof each === "string");
    const options = command.opts<Options>();
    const line = `npx runbook ${args.filter((arg) => arg !== "--yes" && arg !== "--dry-run").join(" ")}`;
    ended(await outcome(verb, given, options, line, terminal));
  });
}

/** A failure is one line of JSON as well, for a program that reads. */
async function outcome(
  verb: Verb,
  given: readonly string[],
  options: Options,
  line: string,
  terminal: RunbookTerminal,
): Promise<number> {
  try {
    if (verb.kind === "prints") return print(verb, given, options, terminal);
    const [system, ...names] = given;
    const targets = targetsOf(system, { ...options, base: terminal.base, all: verb.kind === "reads" });
    const scope = await scopeOf(options, terminal);
    const run = newRun(verb.name, line, scope.now());
    const input: Input = { run: run.id, names, options: options as unknown as Input["options"] };
    return verb.kind === "reads"
      ? await read(verb, targets, scope, input, options, terminal)
      : await change(verb, targets[0]!, scope, input, run, options, terminal);
  } catch (error) {
    if (options.json)
      terminal.out(
        `${JSON.stringify({ verb: verb.name, ...(error instanceof Refused ? { refused: error.problems } : { error: answerOf(error) }) })}\n`,
      );
    throw error;
  }
}

function print(verb: PrintingVerb, names: readonly string[], options: Options, { out }: Terminal): number {
  out(verb.print({ run: "", names, options: options as unknown as Input["options"] }));
  return 0;
}

async function scopeOf(
  { stack, context, json }: Options,
  { kubeconfig, looks, exec, out, error, signal }: RunbookTerminal,
): Promise<Scope> {
  const kubeConfig = await connect(context, stack, kubeconfig);
  let last = "";
  return {
    kubeConfig,
    stack,
    context: kubeConfig.currentContext,
    signal,
    simulated: context === undefined && clusterRecord(stack)?.kind === "local-simulated",
    now: () => new Date(),
    exec: exec ?? execBy(kubeConfig),
    interval: looks?.interval ?? 1000,
    patience: looks?.patience ?? 180_000,
    progress: (text) => {
      if (text !== last) (json ? error : out)(`${text}\n`);
      last = text;
    },
  };
}

const marks = { yes: "ok  ", no: "FAIL", "not measured": "?   " } as const;
const factLine = ({ about, answer, detail }: Fact) =>
  `  ${marks[answer]} ${about}: ${answer === "not measured" ? "not measured, " : ""}${detail}`;

async function read(
  verb: ReadingVerb,
  targets: readonly Target[],
  scope: Scope,
  input: Input,
  { json, strict = false }: Options,
  { out, error, signal }: RunbookTerminal,
): Promise<number> {
  const say = json ? error : out;
  const seen: { readonly target: Target; readonly report: Report }[] = [];
  for (const target of targets) {
    const report = await verb.look(target, scope, input);
    if (signal.aborted) throw new Interrupted("nothing was changed");
    seen.push({ target, report });
    const { facts: own, lines = [], page } = report;
    say(`${page ?? [`${target.system} (namespace ${target.namespace})`, ...own.map(factLine), ...lines].join("\n")}\n`);
  }
  const facts = seen.flatMap(({ report }) => report.facts);
  const well = facts.length === 0 || proven(facts, strict); // what only shows something asks nothing
  const paged = seen.some(({ report }) => report.page !== undefined); // such a text is kept in a file
  if (facts.length > 0)
    (paged ? error : say)(`${verb.name} of stack ${scope.stack} on ${scope.context}: ${counted(facts)}\n`);
  if (json) {
    out(
      `${JSON.stringify({
        verb: verb.name,
        stack: scope.stack,
        context: scope.context,
        proven: well,
        systems: seen.map(({ target: { system, namespace }, report: { facts: own, data } }) => ({
          system,
          namespace,
          facts: own,
          ...(data !== undefined && { data }),
        })),
      })}\n`,
    );
  }
  return well ? 0 : 1;
}

async function change(
  verb: ActingVerb,
  target: Target,
  scope: Scope,
  input: Input,
  run: ReturnType<typeof newRun>,
  { json, strict = false, dryRun = false, yes = false }: Options,
  { out, error, ask }: RunbookTerminal,
): Promise<number> {
  const say = (line: string) => (json ? error : out)(`${line}\n`);
  const { plan, evidence, kept } = await act(verb, target, scope, input, run, { dryRun, yes, strict, ask, say });
  if (json) out(`${JSON.stringify(evidence ? { ...evidence, kept } : { verb: verb.name, dryRun, plan })}\n`);
  if (evidence === undefined) return 0;
  say(
    `${evidence.state}${kept ? `; evidence: kubectl get configmap -n ${target.namespace} ${kept} -o jsonpath='{.data.evidence\\.json}'` : ""}`,
  );
  return { done: 0, failed: 1, "not proven": 1, interrupted: 130 }[evidence.state];
}

function failure(error: unknown): Failure {
  if (error instanceof Interrupted || (error as Error).name === "AbortError")
    return { code: 130, text: `interrupted: ${error instanceof Interrupted ? error.message : "nothing was changed"}` };
  if (error instanceof UsageError || error instanceof UnknownContext) return { code: 2, text: error.message };
  if (error instanceof Refused)
    return {
      code: 3,
      text: ["refused, and nothing was changed:", ...error.problems.map((problem) => `  ${problem}`)].join("\n"),
    };
  if (error instanceof Refusal || error instanceof Unreachable) return { code: 3, text: error.message };
  return { code: 1, text: answerOf(error) };
}
