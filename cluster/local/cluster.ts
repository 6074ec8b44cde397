import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { buildPrograms } from "../build.ts";
import { buildImages } from "../images/archives.ts";
import { clusterFolder } from "../paths.ts";
import { simulator } from "../pins.ts";
import { elapsed, type Print, step } from "../progress.ts";
import { ensureToolchain } from "../toolchain.ts";
import { addonDeployments, applyAddons, applyIngress, kubectl, waitForAddons } from "./addons.ts";
import { apiAnswers, controlPlaneProcesses, isRunning, startControlPlane } from "./control-plane.ts";
import { entryProcess, ingressAnswers, ingressIsWanted } from "./ingress.ts";
import { withClusterLock } from "./lock.ts";
import {
  ensureNetwork,
  importImages,
  nodeProcesses,
  processes,
  startContainerd,
  startKubelet,
  startKubeProxy,
  until,
} from "./node.ts";
import { ensurePackages, whyNoRealNode } from "./packages.ts";
import { enforcePolicies, policyStatus } from "./policies.ts";
import { applySimulatedNode } from "./simulated-node.ts";
import { addresses, files, nodeName } from "./settings.ts";
import { refuseOtherLocalCluster } from "./teardown.ts";

/** Brings the local cluster up, or what of it is missing. Returns whether its node is real. */
export async function startLocalCluster(print: Print): Promise<{ readonly real: boolean }> {
  const obstacle = whyNoRealNode();
  // Packages and images come over the network for most of their time, and programs are compiled meanwhile.
  const [{ clusterBin: bin }, archives] = await Promise.all([
    ensureToolchain({ parts: "cluster", print }),
    obstacle ? buildPrograms([simulator], print).then(() => []) : ensurePackages(print).then(() => buildImages(print)),
  ]);
  await withClusterLock(print, async () => {
    const started = performance.now();
    if (!obstacle) refuseOtherLocalCluster();
    mkdirSync(clusterFolder, { recursive: true });
    if ((await localClusterStatus(bin)).healthy) {
      // It may have been started by an earlier version of this project, with fewer images and other packet rules.
      if (!obstacle) {
        await ensureNetwork();
        await enforcePolicies(bin, print);
        await importImages(archives, print);
      }
      return print(`the local cluster is up (${elapsed(started)})`);
    }
    if (obstacle) {
      print(`no real node: ${obstacle}. The node is simulated: pods seem to run, and no container does`);
      await step("control plane", print, () => startControlPlane(bin, "simulated"));
      await applySimulatedNode(bin);
      return;
    }
    await ensureNetwork();
    await step("control plane", print, () => startControlPlane(bin, "real"));
    await step("containerd", print, startContainerd);
    await importImages(archives, print);
    startKubeProxy(bin);
    await step("network policies", print, () => enforcePolicies(bin, print));
    await step("kubelet", print, async () => {
      await startKubelet(bin);
      await until("kubelet", () => nodeIsReady(bin));
    });
    await step("name service, volumes and metrics", print, async () => {
      await applyAddons(bin);
      if (ingressIsWanted()) await applyIngress(bin, "class");
      await waitForAddons(bin);
    });
    print(`the local cluster is up (${elapsed(started)})`);
  });
  return { real: !obstacle };
}

const nodeIsReady = async (bin: string): Promise<boolean> => {
  const condition = await kubectl(bin, [
    "get",
    "node",
    nodeName,
    "--ignore-not-found",
    "-o",
    'jsonpath={.status.conditions[?(@.type=="Ready")].status}',
  ]).catch(() => "");
  return condition === "True";
};

/** One part of the local cluster and whether it does its work. */
export interface PartStatus {
  readonly part: string;
  readonly healthy: boolean;
  readonly detail: string;
}

export async function localClusterStatus(
  bin: string,
): Promise<{ readonly healthy: boolean; readonly exists: boolean; readonly parts: readonly PartStatus[] }> {
  if (!existsSync(files.kubeconfig)) return { healthy: false, exists: false, parts: [] };
  const api = await apiAnswers(bin);
  const parts: PartStatus[] = [
    {
      part: "API server",
      healthy: api,
      detail: api ? `https://127.0.0.1:${addresses.apiPort}` : `no answer: ${join(files.controlPlane, "logs")}`,
    },
  ];
  parts.push(
    ...controlPlaneProcesses(whyNoRealNode() ? "simulated" : "real").map((part) => ({
      part,
      healthy: isRunning(part),
      detail: isRunning(part) ? "running" : "not running",
    })),
  );
  if (!whyNoRealNode()) {
    for (const name of nodeProcesses) {
      const healthy = processes.isRunning(name);
      parts.push({
        part: name,
        healthy,
        detail: healthy
          ? `process ${processes.record(name)?.pid}`
          : `not running: ${join(files.processes, `${name}.log`)}`,
      });
    }
  }
  if (api) {
    const ready = await nodeIsReady(bin);
    parts.push({ part: `node ${nodeName}`, healthy: ready, detail: ready ? "Ready" : "not Ready" });
    if (!whyNoRealNode()) {
      const { enforced, possible, detail } = await policyStatus();
      const entry = ingressAnswers()
        ? `127.0.0.1, ports 80 and 443, process ${processes.record(entryProcess)?.pid}`
        : "no entry on this machine: npm run cluster -- up";
      parts.push(
        { part: "network policies", healthy: enforced || !possible, detail },
        { part: "ingress", healthy: true, detail: entry },
      );
      parts.push(...(await Promise.all(addonDeployments.map((addon) => addonStatus(bin, addon)))));
    }
  }
  return { healthy: parts.every(({ healthy }) => healthy), exists: true, parts };
}

async function addonStatus(bin: string, { namespace, name }: (typeof addonDeployments)[number]): Promise<PartStatus> {
  const available = await kubectl(bin, [
    "get",
    "deployment",
    name,
    "-n",
    namespace,
    "--ignore-not-found",
    "-o",
    "jsonpath={.status.availableReplicas}",
  ]).catch(() => "");
  return {
    part: name,
    healthy: available === "1",
    detail: available === "1" ? "available" : `not available: kubectl describe deployment/${name} -n ${namespace}`,
  };
}
