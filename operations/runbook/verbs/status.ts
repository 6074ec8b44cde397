import {
  BatchV1Api,
  CoreV1Api,
  DiscoveryV1Api,
  NetworkingV1Api,
  type V1CronJob,
  type V1Job,
} from "@kubernetes/client-node";
import { age } from "../../backup-age.ts";
import { type Fact, measured, no, notMeasured, yes } from "../fact.ts";
import { noteOf } from "../held-object.ts";
import { byAge, calledName, endOf, isRunOf } from "../jobs.ts";
import { podState } from "../pod-state.ts";
import type { ReadingVerb, Scope } from "../verb.ts";
import { suspendedBy } from "../suspended-by.ts";
import { living, settled } from "../workloads.ts";

/** The state in one command (E15). What a person may not see is said, and the rest is shown all the same. */
export const status: ReadingVerb = {
  kind: "reads",
  name: "status",
  summary:
    "Show the state of a system: workloads and what holds their pods up, Services, schedules, failed jobs, volumes and public hosts.",
  names: [],
  options: [],
  rights: [
    { group: "apps", resource: "deployments", verbs: ["get"] },
    { group: "apps", resource: "statefulsets", verbs: ["get"] },
    { group: "batch", resource: "cronjobs", verbs: ["list"] },
    { group: "batch", resource: "jobs", verbs: ["list"] },
    { group: "discovery.k8s.io", resource: "endpointslices", verbs: ["list"] },
    { group: "networking.k8s.io", resource: "ingresses", verbs: ["list"] },
    { group: "", resource: "persistentvolumeclaims", verbs: ["list"] },
    { group: "", resource: "pods", verbs: ["list"] },
    { group: "", resource: "services", verbs: ["list"] },
  ],
  examples: ["status", "status bots-edi"],
  async look({ namespace, workloads }, scope) {
    const parts = await Promise.all([
      ...workloads.map((workload) =>
        measured(`${workload.kind} ${workload.name}`, async () => {
          const now = await living(scope.kubeConfig, namespace, workload);
          const { ready, detail } = settled(now);
          const [about = "", ...rest] = detail.split(": ");
          const held = noteOf(now.controller.metadata, "maintenance");
          return held
            ? no(about, `stopped for maintenance since ${held.since}`)
            : (ready ? yes : no)(about, rest.join(": "));
        }),
      ),
      measured("Services", () => services(namespace, scope)),
      measured("jobs", () => jobs(namespace, scope)),
      measured("volumes", () => volumes(namespace, scope)),
      measured("public hosts", () => hosts(namespace, scope)),
    ]);
    return { facts: parts.flat() };
  },
};

/** A Service without a Ready pod answers nobody. */
async function services(namespace: string, { kubeConfig }: Scope): Promise<Fact[]> {
  const [{ items }, { items: slices }] = await Promise.all([
    kubeConfig.makeApiClient(CoreV1Api).listNamespacedService({ namespace }),
    kubeConfig.makeApiClient(DiscoveryV1Api).listNamespacedEndpointSlice({ namespace }),
  ]);
  return items
    .filter(({ spec }) => spec?.selector)
    .map(({ metadata, spec }) => {
      const own = slices
        .filter((slice) => slice.metadata?.labels?.["kubernetes.io/service-name"] === metadata?.name)
        .flatMap(({ endpoints }) => endpoints ?? []);
      const ready = own.filter(({ conditions }) => conditions?.ready !== false).length;
      return (ready > 0 ? yes : no)(
        `Service ${metadata?.name}`,
        `${(spec?.ports ?? []).map(({ port }) => port).join(", ")}, ${ready} of ${own.length} pods answer`,
      );
    });
}

async function jobs(namespace: string, { kubeConfig, now }: Scope): Promise<Fact[]> {
  const batch = kubeConfig.makeApiClient(BatchV1Api);
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const [{ items: cronJobs }, { items: all }, { items: pods }] = await Promise.all([
    batch.listNamespacedCronJob({ namespace }),
    batch.listNamespacedJob({ namespace }),
    core.listNamespacedPod({ namespace }),
  ]);
  const stuck = (job: V1Job) =>
    pods
      .filter(
        ({ metadata, status }) =>
          metadata?.ownerReferences?.some(({ uid }) => uid === job.metadata?.uid) &&
          (status?.phase === "Running" || status?.phase === "Pending"),
      )
      .map(podState)
      .join(", ");
  // Of a Job that was run again only the newest run counts.
  const alone = [
    ...new Map(
      all
        .filter((job) => !cronJobs.some((cronJob) => isRunOf(job, cronJob)))
        .toSorted(byAge)
        .map((job) => [calledName(job), job]),
    ).values(),
  ];
  return [
    ...cronJobs.map((cronJob) =>
      schedule(
        cronJob,
        all.filter((job) => isRunOf(job, cronJob)),
        stuck,
        now(),
      ),
    ),
    ...alone.map((job) => {
      const end = endOf(job);
      return (end?.succeeded === false ? no : yes)(
        `Job ${job.metadata?.name}`,
        end?.detail ?? `runs${stuck(job) ? `: ${stuck(job)}` : ""}`,
      );
    }),
  ];
}

/**
 * A schedule is well when its newest run that has ended succeeded; one that the stack itself suspends is as declared.
 */
function schedule(cronJob: V1CronJob, runs: readonly V1Job[], stuck: (job: V1Job) => string, now: Date): Fact {
  const { metadata, spec, status: seen } = cronJob;
  const plan = `"${spec?.schedule}" ${spec?.timeZone ?? "Etc/UTC"}`;
  const started = (job: V1Job) => Number(job.status?.startTime ?? job.metadata?.creationTimestamp ?? 0);
  const newest = runs.filter((job) => endOf(job)).toSorted((one, other) => started(other) - started(one))[0];
  const running = runs
    .filter((job) => endOf(job) === undefined)
    .map((job) => `${job.metadata?.name} runs${stuck(job) ? ` (${stuck(job)})` : ""}`);
  const success = seen?.lastSuccessfulTime
    ? `last success ${age(now.getTime() - new Date(seen.lastSuccessfulTime).getTime())} ago`
    : "no success yet";
  const { by, declared } = suspendedBy(cronJob);
  const failed =
    newest && !endOf(newest)!.succeeded ? [`${newest.metadata?.name} failed: ${endOf(newest)!.detail}`] : [];
  const detail = [
    plan,
    success,
    ...failed,
    ...running,
    ...(spec?.suspend ? [declared ? "suspended, as the stack says" : `SUSPENDED by ${by}`] : []),
  ].join(", ");
  return (failed.length > 0 || (spec?.suspend && !declared) ? no : yes)(`CronJob ${metadata?.name}`, detail);
}

/** A claim that nobody uses yet is bound with its first user, by storage classes that wait for one. */
async function volumes(namespace: string, { kubeConfig }: Scope): Promise<Fact[]> {
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const [{ items }, { items: pods }] = await Promise.all([
    core.listNamespacedPersistentVolumeClaim({ namespace }),
    core.listNamespacedPod({ namespace }),
  ]);
  const used = new Set(
    pods.flatMap(
      ({ spec }) => spec?.volumes?.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []) ?? [],
    ),
  );
  return items.map(({ metadata, spec, status: seen }) => {
    const about = `volume ${metadata?.name}`;
    const storage = seen?.capacity?.["storage"] ?? spec?.resources?.requests?.["storage"];
    if (seen?.phase === "Bound") return yes(about, `${storage}, Bound`);
    return used.has(metadata?.name ?? "")
      ? no(about, `${storage}, ${seen?.phase}: see "kubectl describe pvc -n ${namespace} ${metadata?.name}"`)
      : notMeasured(about, `${storage}, ${seen?.phase}, and nobody has used it yet`);
  });
}

async function hosts(namespace: string, { kubeConfig }: Scope): Promise<Fact[]> {
  const { items } = await kubeConfig.makeApiClient(NetworkingV1Api).listNamespacedIngress({ namespace });
  return items.map(({ metadata, spec, status: seen }) => {
    const about = `Ingress ${metadata?.name}`;
    const names = (spec?.rules ?? []).map(({ host }) => host).join(", ");
    const [{ ip, hostname } = {}] = seen?.loadBalancer?.ingress ?? [];
    return (ip ?? hostname)
      ? yes(about, `${names} at ${ip ?? hostname}`)
      : notMeasured(about, `${names}: no controller has written an address`);
  });
}
