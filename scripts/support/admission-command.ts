import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { stringify } from "yaml";
import { modes } from "../../policies/gates/admission/binding.ts";
import type { Mode } from "../../policies/gates/admission/binding.ts";
import type { NamespaceSelector } from "../../policies/gates/admission/conditions.ts";
import { admissionGate, ourNamespaces } from "../../policies/gates/admission/gate.ts";
import type { AdmissionGate, GuardedRule } from "../../policies/gates/admission/gate.ts";
import { rulesAsOf } from "../../policies/rules/index.ts";
import { SettingsError } from "../../policies/engine/settings.ts";
import { exitCode, npmCommandOn, type Terminal } from "./command.ts";
import { ForeignFolder, refuseForeign, writeGenerated } from "./generated-folder.ts";
import { connect, UnknownContext, Unreachable } from "./kube-context.ts";
import { policySettings } from "./policy-settings.ts";
import { stackConfiguration } from "./stack-configuration.ts";

/** Loaded by what talks to a cluster: the client takes longer to load than rendering takes as a whole. */
const operations = () => import("../../operations/admission.ts");

/** Tells a folder that this command wrote. */
const marker = ".admission";

interface GateOptions {
  readonly stack: string;
  readonly mode: Mode;
  readonly namespaceSelector: NamespaceSelector;
}

/** Runs `npm run admission` with these arguments and returns its exit code. */
export function admissionCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const work = async () => {
    await commandLine(terminal).parseAsync(args, { from: "user" });
    return 0;
  };
  return exitCode(work, terminal, async (error) => {
    const wrongUsage =
      error instanceof UnknownContext || error instanceof ForeignFolder || error instanceof SettingsError;
    const code = wrongUsage ? 2 : error instanceof Unreachable ? 3 : 1;
    return {
      code,
      text: code > 1 ? (error as Error).message : (await import("../../operations/api-answer.ts")).answerOf(error),
    };
  });
}

function commandLine(terminal: Terminal): Command {
  const say = (line: string) => terminal.out(`${line}\n`);
  const aside = (line: string) => terminal.error(`${line}\n`);
  const program = npmCommandOn(terminal, "admission").addHelpText(
    "after",
    "\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 the cluster does not answer." +
      "\nExamples:\n  npm run admission -- render --mode warn --out admission-policies\n  npm run admission -- apply\n  npm run admission -- remove",
  );

  const withGate = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option("--stack <name>", "stack whose policy settings hold: the file Pulumi.<name>.yaml", "dev")
      .addOption(new Option("--mode <mode>", "the most that a violation leads to").choices(modes).default("deny"))
      .addOption(
        new Option("--namespace-selector <key=value>", "label of the namespaces that are guarded")
          .argParser(selector)
          .default(ourNamespaces, `${ourNamespaces.key}=${ourNamespaces.value}`),
      );
  const onCluster =
    "context of your kubeconfig; without it, the cluster that the stack was brought up on, or else the one that its file names";

  withGate(
    "render",
    "write the policies and their bindings as YAML, to standard output or one rule a file; needs no cluster",
  )
    .option("--out <dir>", "folder to write to: new, empty, or one that this command wrote")
    .action(async ({ out, ...options }: GateOptions & { out?: string }) => {
      const folder = out === undefined ? undefined : resolve(terminal.base, out);
      if (folder !== undefined) refuseForeign(folder, marker);
      const gate = gateOf(options);
      const files = new Map(gate.guarded.map((guarded) => [`${guarded.policy.metadata?.name}.yaml`, yamlOf(guarded)]));
      if (folder === undefined) say([...files.values()].join("---\n").trimEnd());
      else writeGenerated(folder, marker, files);
      // The manifests may go through a pipe: what is said about them goes elsewhere.
      aside(summary(gate));
      for (const { rule, reason } of gate.unguarded) aside(`  not at admission: ${rule.id}: ${reason}`);
    });

  withGate(
    "apply",
    "bring a cluster's policies to this state, and prove that they refuse something unsafe; safe to run again",
  )
    .option("--context <name>", onCluster)
    .action(async ({ context, ...options }: GateOptions & { context?: string }) => {
      const gate = gateOf(options);
      const kubeConfig = await connect(context, options.stack, terminal.kubeconfig);
      const { applyGate, typeWarnings } = await operations();
      const { created, changed, unchanged, removed } = await applyGate(kubeConfig, gate);
      say(
        `${summary(gate)}\non ${kubeConfig.getCurrentContext()}: ${created} created, ${changed} changed, ${unchanged} unchanged, ${removed} removed`,
      );
      const progress = everyQuarterMinute((left: number, all: number) =>
        aside(`the API server's type checker has looked at ${all - left} of ${all} policies`),
      );
      for (const warning of await typeWarnings(kubeConfig, { progress }))
        say(`the API server's type checker warns: ${warning}`);
      say(
        options.mode === "deny"
          ? await proof(kubeConfig, options.namespaceSelector)
          : `nothing is refused in mode ${options.mode}`,
      );
      say(
        "next:\n  npm run check -- --live     see what breaks the rules already\n  npm run admission -- remove   take the policies away again",
      );
    });

  program
    .command("remove")
    .description("remove every policy and binding that this command made; safe to run again")
    .option("--stack <name>", "stack whose cluster is taken", "dev")
    .option("--context <name>", onCluster)
    .action(async ({ context, stack }: { context?: string; stack: string }) => {
      const kubeConfig = await connect(context, stack, terminal.kubeconfig);
      const removed = await (await operations()).removeGate(kubeConfig);
      const done =
        removed === 0
          ? "there was nothing to remove"
          : `${removed} policies and bindings removed; within seconds nothing is refused any more`;
      say(`on ${kubeConfig.getCurrentContext()}: ${done}`);
      say("next: npm run admission -- apply");
    });
  return program;
}

/** Lets a call through each 15 s, and none in the first 15. */
function everyQuarterMinute<Args extends unknown[]>(call: (...args: Args) => void): (...args: Args) => void {
  let last = Date.now();
  return (...args) => {
    if (Date.now() - last < 15_000) return;
    last = Date.now();
    call(...args);
  };
}

function gateOf({ stack, mode, namespaceSelector }: GateOptions): AdmissionGate {
  return admissionGate(
    rulesAsOf(new Date().toISOString().slice(0, 10)),
    policySettings(stackConfiguration(stack)),
    mode,
    namespaceSelector,
  );
}

function selector(text: string): NamespaceSelector {
  const [, key, value] =
    /^((?:[a-z0-9.-]+\/)?[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)=([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)$/.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError("It must be a label as key=value.");
  return { key, value };
}

/** kubectl and most scanners still read YAML 1.1, where an unquoted "no" is false. */
function yamlOf({ policy, bindings }: GuardedRule): string {
  return [policy, ...bindings]
    .map((object) => stringify(object, { version: "1.1", aliasDuplicateObjects: false, lineWidth: 0 }))
    .join("---\n");
}

function summary({ guarded, unguarded }: AdmissionGate): string {
  const bindings = guarded.flatMap((each) => each.bindings);
  const refusing = bindings.filter(({ spec }) => spec?.validationActions?.includes("Deny")).length;
  return `${guarded.length} of ${guarded.length + unguarded.length} rules as admission policies, ${bindings.length} bindings, ${refusing} of which refuse`;
}

async function proof(
  kubeConfig: Awaited<ReturnType<typeof connect>>,
  { key, value }: NamespaceSelector,
): Promise<string> {
  const refusal = await (await operations()).provenRefusal(kubeConfig, { key, value });
  if (refusal === undefined)
    return `not proven, because no namespace has the label ${key}=${value}: nothing is guarded yet`;
  return `proven, an unsafe Deployment is refused: ${refusal}`;
}
