import { setTimeout as sleep } from "node:timers/promises";
import { ApiException, AppsV1Api, BatchV1Api, CoreV1Api, KubeConfig, NetworkingV1Api } from "@kubernetes/client-node";
import type { Target } from "../components/systems/target.ts";
import { backupAge } from "./backup-age.ts";
import { withPortForward } from "./port-forward.ts";
import { certifies, served } from "./public-hosts.ts";

/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
}

/**
 * Looks at every workload, health endpoint and public host of the systems, and at the age of each store's newest verified copy; returns how many
 * checks failed. Simulated pods serve nothing and copy nothing: their endpoints and copies are named as not checked.
 */
export async function verify(targets: readonly Target[], kubeconfig: string, simulated: boolean, print: (line: string) => void): Promise<number> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeconfig);
  let failures = 0;
  for (const target of targets) {
    if (simulated) print(`not checked, because the node is simulated and no container runs: ${[...target.endpoints.map(({ name, health }) => `${name} ${health}`), ...backedUp(target).map(({ name }) => `backup of ${name}`)].join(", ")}`);
    for (const check of await checks(simulated ? { ...target, endpoints: [], dataStores: [] } : target, kubeConfig)) {
      print(`${check.passed ? "ok  " : "FAIL"} ${target.system}: ${check.name}: ${check.detail}`);
      if (!check.passed) failures += 1;
    }
  }
  return failures;
}

async function checks(target: Target, kubeConfig: KubeConfig): Promise<Check[]> {
  const apps = kubeConfig.makeApiClient(AppsV1Api);
  const batch = kubeConfig.makeApiClient(BatchV1Api);
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const { namespace } = target;
  const workloads = target.workloads.map(({ kind, name, replicas }) => attempt(`${kind} ${name}`, () => settled(async () => {
    const { spec, status } = kind === "Deployment"
      ? await apps.readNamespacedDeployment({ namespace, name })
      : await apps.readNamespacedStatefulSet({ namespace, name });
    const [ready, wanted] = [status?.readyReplicas ?? 0, Math.max(spec?.replicas ?? 0, replicas)];
    return { passed: ready >= wanted, detail: `${ready} of ${wanted} pods Ready` };
  })));
  const endpoints = target.endpoints.map(({ name, service, port, health }) => attempt(`${name} ${health}`, () =>
    withPortForward(kubeConfig, namespace, service, port, async (localPort) => {
      const answer = await fetch(`http://127.0.0.1:${localPort}${health}`, { signal: AbortSignal.timeout(10_000) });
      return { passed: answer.ok, detail: `HTTP ${answer.status}` };
    })));
  const backups = backedUp(target).map(({ name, backup }) => attempt(`backup of ${name}`, async () => {
    const cronJob = await batch.readNamespacedCronJob({ namespace, name: backup });
    const labels = cronJob.spec?.jobTemplate.spec?.template.metadata?.labels ?? {};
    const labelSelector = Object.entries(labels).map(([label, value]) => `${label}=${value}`).join(",");
    const [{ items: jobs }, { items: pods }] = await Promise.all([batch.listNamespacedJob({ namespace, labelSelector }), core.listNamespacedPod({ namespace, labelSelector })]);
    return backupAge({ cronJob, jobs, pods }, new Date());
  }));
  return Promise.all([...workloads, ...endpoints, ...backups, ...publicHosts(target, kubeConfig)]);
}

/** What leads to the hosts from outside: an Ingress that somebody serves, and a certificate for the host where it says TLS. An issuer takes a moment. */
function publicHosts({ namespace, endpoints }: Target, kubeConfig: KubeConfig): Promise<Check>[] {
  const networking = kubeConfig.makeApiClient(NetworkingV1Api);
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const ingressOf = async (host: string) => {
    const { items } = await networking.listNamespacedIngress({ namespace });
    const found = items.find(({ spec }) => spec?.rules?.some((rule) => rule.host === host));
    if (found === undefined) throw new Error(`no Ingress of namespace ${namespace} names this host`);
    return found;
  };
  return endpoints.flatMap(({ host }) => (host === undefined ? [] : [
    attempt(`Ingress of ${host}`, async () => served(await ingressOf(host), (await networking.listIngressClass()).items)),
    attempt(`certificate of ${host}`, () => settled(async () => {
      const name = (await ingressOf(host)).spec?.tls?.find(({ hosts = [] }) => hosts.includes(host))?.secretName;
      if (name === undefined) return { passed: true, detail: "none, plain HTTP" };
      const secret = await core.readNamespacedSecret({ namespace, name }).catch((error: unknown) => {
        if (error instanceof ApiException && error.code === 404) return undefined;
        throw error;
      });
      return certifies(secret, name, namespace, host, new Date());
    })),
  ]));
}

const backedUp = ({ dataStores }: Target) => dataStores.flatMap(({ name, backup }) => (backup ? [{ name, backup }] : []));

/** An autoscaler brings its workload to the least number only after it has seen it: that moment is waited for. */
async function settled(look: () => Promise<Omit<Check, "name">>): Promise<Omit<Check, "name">> {
  for (const end = Date.now() + 180_000; ; await sleep(2_000)) {
    const seen = await look();
    if (seen.passed || Date.now() > end) return seen;
  }
}

async function attempt(name: string, look: () => Promise<Omit<Check, "name">>): Promise<Check> {
  try {
    return { name, ...await look() };
  } catch (error) {
    return { name, passed: false, detail: error instanceof Error ? error.message.split("\n")[0]! : String(error) };
  }
}
