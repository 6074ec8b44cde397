import { resolve } from "node:path";
import type { Readable } from "node:stream";
import type { KubeConfig } from "@kubernetes/client-node";
import { hasForeignPods } from "../../model/foreign-pods.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { strayOverrides } from "../../engine/stray-overrides.ts";
import { concerns, evaluate } from "../../engine/judge.ts";
import type { Report } from "../../engine/judge.ts";
import type { ProfileName } from "../../profiles/profiles.ts";
import type { Rule, Severity } from "../../rules/rule.ts";
import { rulesAsOf } from "../../rules/index.ts";
import type { Settings } from "../../engine/settings.ts";
import { getFrom } from "./api-client.ts";
import { baselineOf } from "./baseline.ts";
import { readBaseline, readSettings } from "./files.ts";
import { readInputs } from "./inputs.ts";
import { loadKubeconfig } from "./kubeconfig.ts";
import type { KubeconfigOptions } from "./kubeconfig.ts";
import { kindsOf, readCluster } from "./live.ts";
import { readObjects } from "./reader.ts";
import type { Read } from "./reader.ts";
import { checkReport } from "./report.ts";
import type { CheckReport } from "./report.ts";
import { chosenRules } from "./rules-list.ts";
import { variantsOf } from "./stages.ts";

/** What to check, and how. Files are paths as they were typed. */
export interface CheckOptions {
  /** Files, folders and `-`. @default none, with `live` */
  readonly inputs: readonly string[];
  /** Reads a cluster instead of files: the one of a connection, or else of a context. */
  readonly live?: {
    readonly connection?: KubeConfig | undefined;
    readonly context?: string | undefined;
    readonly namespace?: string | undefined;
  };
  /** @default the numbers of the runbooks */
  readonly settings?: string | undefined;
  /**
   * Which rules look, and what blocks.
   * @default that of the settings, `strict` for a choice of rules or the cluster of a stack, else `recommended`
   */
  readonly profile?: ProfileName | undefined;
  /** Rules by id or row. @default all of the profile */
  readonly rules?: readonly string[] | undefined;
  readonly skipRules?: readonly string[] | undefined;
  /** Whether an open verdict counts as a finding. */
  readonly strict: boolean;
  /** The lowest severity that fails the check. @default the profile's */
  readonly failOn?: Severity | undefined;
  readonly baseline?: string | undefined;
  /** Whether everything found now is accepted: the report then says so, and {@link Checked.accepted} holds it. */
  readonly accept: boolean;
  /** Largest input, in MiB. */
  readonly maxMebibytes: number;
}

/** Where a check runs. */
export interface Surroundings {
  /** The folder that relative paths start from. */
  readonly base: string;
  readonly stdin: Readable;
  /** `KUBECONFIG`. */
  readonly kubeconfig: string | undefined;
  /** Kubeconfigs of this project, for contexts that are named. @default none */
  readonly otherKubeconfigs?: readonly string[];
  /** `YYYY-MM-DD`. */
  readonly today: string;
}

/** A check's result, and what it was made of. */
export interface Checked {
  readonly report: CheckReport;
  readonly rules: readonly Rule[];
  readonly settings: Settings;
  readonly origins: Read["origins"];
  /** How many files held something; none where a cluster was read. */
  readonly files: number;
  /** Overrides of the settings that nothing was checked for, each with the nearest that is there. */
  readonly strayOverrides: readonly string[];
  /** The baseline that accepts every finding. */
  readonly accepted: ReturnType<typeof baselineOf>;
}

/**
 * Reads, judges and reports. Throws a `UsageError` for wrong options, and an `ApiError` where a cluster cannot be read.
 */
export async function check(
  options: CheckOptions,
  { base, stdin, kubeconfig, otherKubeconfigs = [], today }: Surroundings,
): Promise<Checked> {
  const path = (file: string) => resolve(base, file);
  const rules = rulesAsOf(today);
  const settings = withChoice(
    readSettings(options.settings === undefined ? undefined : path(options.settings), profileOf(options)),
    options,
    rules,
  );
  const known = options.baseline === undefined ? undefined : readBaseline(path(options.baseline));
  const { unseen, context, ...read } =
    options.live === undefined
      ? {
          ...readObjects(await readInputs(options.inputs, { base, stdin, maxBytes: options.maxMebibytes * 2 ** 20 })),
          unseen: [],
          context: undefined,
        }
      : await fromCluster(options.live, { kubeconfig, others: otherKubeconfigs, base }, rules);
  const verdict = together(
    variantsOf(read.objects, read.origins).map(({ objects, among }) =>
      evaluate([...objects, ...unseen], settings, today, [...among, ...unseen]),
    ),
  );
  const accepted = baselineOf(verdict.findings);
  const baseline = options.accept ? accepted : known;
  const report = checkReport({
    ...read,
    settings,
    report: verdict,
    failOn: options.failOn,
    otherKinds: otherKinds(read.objects, rules),
    ...(baseline === undefined ? {} : { baseline }),
    ...(context === undefined ? {} : { context }),
  });
  const strays = strayOverrides(settings, [...read.objects, ...unseen], "of which nothing was checked");
  return { report, rules, settings, origins: read.origins, files: read.files, strayOverrides: strays, accepted };
}

/**
 * What settings say wins over what is usual for others' manifests; a rule that is named, and a stack of ours, need no
 * profile that might leave something out.
 */
function profileOf({ profile, settings, rules, live }: CheckOptions): ProfileName | undefined {
  if (profile !== undefined) return profile;
  if (rules !== undefined || live?.connection !== undefined) return "strict";
  return settings === undefined ? "recommended" : undefined;
}

/** The verdicts on variants as one. */
function together(reports: readonly Report[]): Report {
  const sum = (count: keyof Report["counts"]) => reports.reduce((before, { counts }) => before + counts[count], 0);
  return {
    findings: reports.flatMap(({ findings }) => findings),
    excepted: reports.flatMap(({ excepted }) => excepted),
    notEvaluated: reports.flatMap(({ notEvaluated }) => notEvaluated),
    counts: {
      objects: sum("objects"),
      evaluations: sum("evaluations"),
      findings: sum("findings"),
      excepted: sum("excepted"),
      notEvaluated: sum("notEvaluated"),
    },
  };
}

async function fromCluster(
  { connection, context, namespace }: NonNullable<CheckOptions["live"]>,
  from: KubeconfigOptions,
  rules: readonly Rule[],
) {
  const config = connection ?? (await loadKubeconfig({ ...from, context }));
  const { objects, unseen } = await readCluster(await getFrom(config), kindsOf(rules), namespace);
  const named = `${config.getCurrentContext()} (${config.getCurrentCluster()!.server})${namespace === undefined ? "" : `, namespace ${namespace}`}`;
  return { objects, unseen, origins: new Map(), problems: [], skipped: [], files: 0, context: named };
}

/** Rules that are not chosen are disabled, so that everything else works as if they were not there. */
function withChoice(
  settings: Settings,
  { rules: only, skipRules = [], strict }: CheckOptions,
  rules: readonly Rule[],
): Settings {
  const chosen = new Set(only === undefined ? rules : chosenRules(only, rules));
  for (const rule of chosenRules(skipRules, rules)) chosen.delete(rule);
  const disabled = rules.filter((rule) => !chosen.has(rule)).map(({ id }) => [id, "disabled"] as const);
  return {
    ...settings,
    strict: settings.strict || strict,
    enforcement: { ...settings.enforcement, ...Object.fromEntries(disabled) },
  };
}

function otherKinds(objects: readonly KubernetesObject[], rules: readonly Rule[]): Record<string, number> {
  const special = rules.filter(({ kinds }) => kinds[0] !== "*");
  const judged = new Map<string, boolean>();
  const isJudged = (kind: string) => {
    if (!judged.has(kind))
      judged.set(
        kind,
        special.some((rule) => concerns(rule, kind)),
      );
    return judged.get(kind)!;
  };
  const counts = new Map<string, number>();
  for (const object of objects)
    if (!isJudged(object.kind) && !hasForeignPods(object)) counts.set(object.kind, (counts.get(object.kind) ?? 0) + 1);
  return Object.fromEntries([...counts].sort());
}
