import { CoreV1Api, type KubeConfig, type V1Pod } from "@kubernetes/client-node";
import { answerOf } from "../../api-answer.ts";
import { secondsOf } from "../duration.ts";
import { type Fact, measured, no, notMeasured, yes } from "../fact.ts";
import { type LogKind, readLine } from "../log-kinds.ts";
import { containerStatuses, withoutCredentials } from "../pod-state.ts";
import type { ReadingVerb } from "../verb.ts";

/** The log of one container, or why it could not be read. */
interface ContainerLog {
  readonly pod: string;
  readonly app: string;
  readonly container: string;
  readonly lines: readonly string[];
  readonly problem?: string;
}

/** Equal lines of one program, once. */
interface Counted {
  readonly app: string;
  readonly kind: LogKind;
  readonly pattern: string;
  readonly count: number;
  readonly pods: number;
}

/** Reads every line of every pod and counts them by kind (P12). */
export const logs: ReadingVerb = {
  kind: "reads",
  name: "logs",
  summary:
    "Read all lines of all pods of a system, those of a container that was restarted too, and count them by kind and by what they say.",
  names: [],
  options: [
    {
      flags: "--since <duration>",
      description: "how far back: 30m, 2h, 1d; at most as far as the node keeps them",
      default: "1h",
    },
    { flags: "--app <name>", description: "only pods with this label app" },
    { flags: "--lines", description: "the lines themselves, by time, instead of counts" },
  ],
  rights: [
    { group: "", resource: "pods", verbs: ["list"] },
    { group: "", resource: "pods/log", verbs: ["get"] },
  ],
  examples: ["logs platform-service", "logs bots-edi --since 1d --app bots-edi"],
  async look({ system, namespace, objectives }, { kubeConfig, now }, { options }) {
    const seconds = secondsOf("--since", String(options["since"] ?? "1h"));
    const app = options["app"] as string | undefined;
    const read: ContainerLog[] = [];
    const failed = await measured(`logs of ${system}`, async () => {
      const { items } = await kubeConfig
        .makeApiClient(CoreV1Api)
        .listNamespacedPod({ namespace, ...(app && { labelSelector: `app=${app}` }) });
      if (items.length === 0)
        return notMeasured(`logs of ${system}`, `namespace ${namespace} has no pod${app ? ` with app=${app}` : ""}`);
      for (const pod of items) read.push(...(await logsOf(kubeConfig, namespace, pod, seconds, now()))); // one pod after another: a log may be long
      return [];
    });
    const counted = countedOf(read);
    const errors = counted.filter(({ kind }) => kind === "error").reduce((sum, { count }) => sum + count, 0);
    const unread = read
      .filter(({ problem }) => problem)
      .map(({ pod, container, problem }) => notMeasured(`log of ${pod} ${container}`, problem!));
    return {
      facts: [
        ...failed,
        ...unread,
        ...objective(
          objectives["errorsPerHour"],
          errors,
          seconds,
          failed.length > 0 || unread.length > 0 || app !== undefined,
        ),
      ],
      lines: options["lines"] ? sorted(read) : table(counted, read),
      data: counted,
    };
  },
};

async function logsOf(
  kubeConfig: KubeConfig,
  namespace: string,
  whole: V1Pod,
  sinceSeconds: number,
  now: Date,
): Promise<ContainerLog[]> {
  const { metadata, spec } = whole;
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const pod = metadata!.name!;
  const app = metadata?.labels?.["app"] ?? pod;
  const statuses = containerStatuses(whole);
  const one = async (container: string, previous: boolean): Promise<ContainerLog> => {
    try {
      const text = await core.readNamespacedPodLog({
        namespace,
        name: pod,
        container,
        sinceSeconds,
        timestamps: true,
        previous,
      });
      return { pod, app, container, lines: (text || "").split("\n").filter((line) => line !== "") };
    } catch (error) {
      return { pod, app, container, lines: [], problem: answerOf(error) };
    }
  };
  const all: ContainerLog[] = [];
  for (const { name } of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
    const known = statuses.find((each) => each.name === name);
    const ended = known?.lastState?.terminated?.finishedAt;
    if (ended && now.getTime() - new Date(ended).getTime() < sinceSeconds * 1000) all.push(await one(name, true));
    // One that has not started has written nothing.
    if (known?.state?.running || known?.state?.terminated) all.push(await one(name, false));
  }
  return all;
}

/** The kubelet puts the time before each line. */
const withoutTime = (line: string): string => line.replace(/^\S+ ?/, "");

function countedOf(read: readonly ContainerLog[]): Counted[] {
  const counts = new Map<string, { app: string; kind: LogKind; pattern: string; count: number; pods: Set<string> }>();
  for (const { app, pod, lines } of read) {
    for (const line of lines) {
      const { kind, pattern } = readLine(withoutTime(line));
      const key = `${app}\0${kind}\0${pattern}`;
      const known = counts.get(key) ?? { app, kind, pattern, count: 0, pods: new Set<string>() };
      counts.set(key, known);
      known.count += 1;
      known.pods.add(pod);
    }
  }
  const rank = { error: 0, warning: 1, other: 2 };
  return [...counts.values()]
    .map(({ pods, ...rest }) => ({ ...rest, pods: pods.size }))
    .sort((one, other) => rank[one.kind] - rank[other.kind] || other.count - one.count);
}

/** Totals of each program, then each error and warning once. */
function table(counted: readonly Counted[], read: readonly ContainerLog[]): string[] {
  const apps = [...new Set(read.map(({ app }) => app))].sort();
  const sum = (app: string, kind?: LogKind) =>
    counted
      .filter((each) => each.app === app && (kind === undefined || each.kind === kind))
      .reduce((total, { count }) => total + count, 0);
  return [
    ...apps.map(
      (app) =>
        `  ${app}: ${sum(app)} lines of ${new Set(read.filter((each) => each.app === app).map(({ pod }) => pod)).size} pods, ${sum(app, "error")} errors, ${sum(app, "warning")} warnings`,
    ),
    ...counted
      .filter(({ kind }) => kind !== "other")
      .map(
        ({ app, kind, pattern, count, pods }) =>
          `  ${kind.padEnd(7)} ${String(count).padStart(6)}  ${app}${pods > 1 ? ` (${pods} pods)` : ""}: ${pattern}`,
      ),
  ];
}

const sorted = (read: readonly ContainerLog[]): string[] =>
  read
    .flatMap(({ pod, container, lines }) =>
      lines.map(
        (line) =>
          [line.slice(0, line.indexOf(" ")), `${pod} ${container}: ${withoutCredentials(withoutTime(line))}`] as const,
      ),
    )
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([time, text]) => `${time} ${text}`);

/**
 * What the logs may hold an hour, where the system says so. A part of the logs measures it only where it is too much
 * already.
 */
function objective(perHour: number | undefined, errors: number, seconds: number, part: boolean): Fact[] {
  if (perHour === undefined) return [];
  const measuredErrors = errors / Math.max(1, seconds / 3600);
  const detail = `${measuredErrors.toFixed(1)} errors an hour, fewer than ${perHour} are wanted`;
  if (measuredErrors >= perHour) return [no("errors in the logs", detail)];
  return [
    part ? notMeasured("errors in the logs", "only a part of the logs was read") : yes("errors in the logs", detail),
  ];
}
