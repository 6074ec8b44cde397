import { setTimeout as sleep } from "node:timers/promises";
import { AppsV1Api, BatchV1Api, CoreV1Api, type KubeConfig, NetworkingV1Api } from "@kubernetes/client-node";
import type { Target } from "../components/systems/target.ts";
import { answerOf, hasStatus, ifThere } from "./api-answer.ts";
import { askHost } from "./ask-host.ts";
import { backupAge } from "./backup-age.ts";
import { withPortForward } from "./port-forward.ts";
import { isRunOf } from "./runbook/jobs.ts";
import { certifies, served, type Verdict } from "./public-hosts.ts";

/** One thing that was looked at. */
export interface Check {
  readonly about: "workload" | "endpoint" | "backup" | "public host";
  readonly name: string;
  readonly passed: boolean;
  /** `false` where nobody was allowed to look, so that nothing is known. @default true */
  readonly measured?: false;
  readonly detail: string;
}

/** What was seen of a system. */
export interface Verified {
  readonly system: string;
  readonly checks: readonly Check[];
  /** What was not looked at, because the node is simulated and no container runs. */
  readonly unchecked: readonly string[];
}

/** How a platform is looked at. */
export interface VerifyOptions {
  readonly simulated: boolean;
  readonly ingress: boolean;
  /** Milliseconds that a state is waited for. @default 3 minutes */
  readonly patience?: number | undefined;
  /** Ends the wait for a state. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks at every workload, health endpoint and public host of the systems, one after another, and at the age of each
 * store's newest verified copy.
 * With `ingress` the hosts are asked on this machine's own ports too, through the ingress controller: a port-forward
 * goes past network policies.
 * Simulated pods serve nothing and copy nothing: their endpoints and copies are named as not checked.
 */
export async function* verify(
  targets: readonly Target[],
  kubeConfig: KubeConfig,
  options: VerifyOptions,
): AsyncGenerator<Verified> {
  const { simulated } = options;
  for (const target of targets) {
    const unchecked = simulated
      ? [
          ...target.endpoints.map(({ name, health }) => `${name} ${health}`),
          ...backedUp(target).map(({ name }) => `backup of ${name}`),
        ]
      : [];
    yield {
      system: target.system,
      checks: await checks(simulated ? { ...target, endpoints: [], dataStores: [] } : target, kubeConfig, options),
      unchecked,
    };
  }
}

async function checks(target: Target, kubeConfig: KubeConfig, options: VerifyOptions): Promise<Check[]> {
  const apps = kubeConfig.makeApiClient(AppsV1Api);
  const batch = kubeConfig.makeApiClient(BatchV1Api);
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const { namespace } = target;
  const workloads = target.workloads.map(({ kind, name, replicas }) =>
    attempt("workload", `${kind} ${name}`, () =>
      settled(options, async () => {
        const { spec, status } =
          kind === "Deployment"
            ? await apps.readNamespacedDeployment({ namespace, name })
            : await apps.readNamespacedStatefulSet({ namespace, name });
        const [ready, wanted] = [status?.readyReplicas ?? 0, Math.max(spec?.replicas ?? 0, replicas)];
        return { passed: ready >= wanted, detail: `${ready} of ${wanted} pods Ready` };
      }),
    ),
  );
  const endpoints = target.endpoints.map(({ name, service, port, health }) =>
    attempt("endpoint", `${name} ${health}`, () =>
      withPortForward(kubeConfig, namespace, service, port, async (localPort) => {
        const answer = await fetch(`http://127.0.0.1:${localPort}${health}`, { signal: AbortSignal.timeout(10_000) });
        return { passed: answer.ok, detail: `HTTP ${answer.status}` };
      }),
    ),
  );
  const backups = backedUp(target).map(({ name, backup }) =>
    attempt("backup", `backup of ${name}`, async () => {
      const cronJob = await batch.readNamespacedCronJob({ namespace, name: backup });
      const labels = cronJob.spec?.jobTemplate.spec?.template.metadata?.labels ?? {};
      const labelSelector = Object.entries(labels)
        .map(([label, value]) => `${label}=${value}`)
        .join(",");
      const [{ items: jobs }, { items: pods }] = await Promise.all([
        batch.listNamespacedJob({ namespace, labelSelector }),
        core.listNamespacedPod({ namespace, labelSelector }),
      ]);
      return backupAge({ cronJob, jobs: jobs.filter((job) => isRunOf(job, cronJob)), pods }, new Date());
    }),
  );
  return Promise.all([
    ...workloads,
    ...endpoints,
    ...backups,
    ...publicHosts(target, kubeConfig, options),
    ...(options.ingress ? throughIngress(target, options) : []),
  ]);
}

/**
 * What leads to the hosts from outside: an Ingress that somebody serves, and a certificate for the host where it says
 * TLS. An issuer takes a moment.
 */
function publicHosts(
  { namespace, endpoints }: Target,
  kubeConfig: KubeConfig,
  options: VerifyOptions,
): Promise<Check>[] {
  const networking = kubeConfig.makeApiClient(NetworkingV1Api);
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const ingressOf = async (host: string) => {
    const { items } = await networking.listNamespacedIngress({ namespace });
    const found = items.find(({ spec }) => spec?.rules?.some((rule) => rule.host === host));
    if (found === undefined) throw new Error(`no Ingress of namespace ${namespace} names this host`);
    return found;
  };
  return endpoints.flatMap(({ host }) =>
    host === undefined
      ? []
      : [
          attempt("public host", `Ingress of ${host}`, async () =>
            served(await ingressOf(host), (await networking.listIngressClass()).items),
          ),
          attempt("public host", `certificate of ${host}`, () =>
            settled(options, async () => {
              const name = (await ingressOf(host)).spec?.tls?.find(({ hosts = [] }) =>
                hosts.includes(host),
              )?.secretName;
              if (name === undefined) return { passed: true, detail: "none, plain HTTP" };
              return certifies(
                await ifThere(core.readNamespacedSecret({ namespace, name })),
                name,
                namespace,
                host,
                new Date(),
              );
            }),
          ),
        ],
  );
}

/**
 * Asks each public host as a client on this machine does. A controller learns of an Ingress a moment after it is made.
 */
const throughIngress = ({ endpoints }: Target, options: VerifyOptions): Promise<Check>[] =>
  endpoints.flatMap(({ host, tls = false, health }) =>
    host === undefined
      ? []
      : [
          attempt("public host", `${host}${health} through the ingress controller`, () =>
            settled(options, async () => {
              const status = await askHost({ address: "127.0.0.1", host, tls, path: health });
              return { passed: status === 200, detail: `HTTP ${status}` };
            }),
          ),
        ],
  );

const backedUp = ({ dataStores }: Target) =>
  dataStores.flatMap(({ name, backup }) => (backup ? [{ name, backup }] : []));

/** An autoscaler brings its workload to the least number only after it has seen it: that moment is waited for. */
async function settled({ patience = 180_000, signal }: VerifyOptions, look: () => Promise<Verdict>): Promise<Verdict> {
  for (
    const end = Date.now() + patience;
    ;
    await sleep(Math.min(patience, 2_000), undefined, { signal }).catch(() => {})
  ) {
    const seen = await look();
    if (seen.passed || signal?.aborted || Date.now() > end) return seen;
  }
}

async function attempt(about: Check["about"], name: string, look: () => Promise<Verdict>): Promise<Check> {
  try {
    return { about, name, ...(await look()) };
  } catch (error) {
    return {
      about,
      name,
      passed: false,
      ...(hasStatus(error, 401, 403) && { measured: false as const }),
      detail: answerOf(error).split("\n")[0]!,
    };
  }
}
