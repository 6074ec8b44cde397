import { setTimeout as sleep } from "node:timers/promises";
import { AppsV1Api, BatchV1Api, KubeConfig } from "@kubernetes/client-node";
import type { Target } from "../components/systems/target.ts";
import { withPortForward } from "./port-forward.ts";

/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
}

/**
 * Looks at every workload, health endpoint and backup schedule of the systems; returns how many checks failed. Simulated
 * pods serve nothing: their endpoints are named as not checked.
 */
export async function verify(targets: readonly Target[], kubeconfig: string, simulated: boolean, print: (line: string) => void): Promise<number> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeconfig);
  let failures = 0;
  for (const target of targets) {
    if (simulated) print(`not checked, because the node is simulated and no container runs: ${target.endpoints.map(({ name, health }) => `${name} ${health}`).join(", ")}`);
    for (const check of await checks(simulated ? { ...target, endpoints: [] } : target, kubeConfig)) {
      print(`${check.passed ? "ok  " : "FAIL"} ${target.system}: ${check.name}: ${check.detail}`);
      if (!check.passed) failures += 1;
    }
  }
  return failures;
}

async function checks(target: Target, kubeConfig: KubeConfig): Promise<Check[]> {
  const apps = kubeConfig.makeApiClient(AppsV1Api);
  const batch = kubeConfig.makeApiClient(BatchV1Api);
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
  const backups = target.dataStores.filter(({ backup }) => backup).map(({ name, backup }) => attempt(`backup of ${name}`, async () => {
    const { spec } = await batch.readNamespacedCronJob({ namespace, name: backup! });
    return { passed: spec?.suspend !== true, detail: `"${spec?.schedule}" ${spec?.timeZone}${spec?.suspend ? ", SUSPENDED" : ""}` };
  }));
  return Promise.all([...workloads, ...endpoints, ...backups]);
}

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
