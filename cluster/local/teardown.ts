import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { clusterFolder } from "../paths.ts";
import { type Print, step } from "../progress.ts";
import { readText } from "../read-text.ts";
import { run } from "../shell.ts";
import { stopControlPlane } from "./control-plane.ts";
import { guardTable } from "./guard.ts";
import { entryProcess } from "./ingress.ts";
import { podLinks } from "./links.ts";
import { ctr, nodeProcesses, processes } from "./node.ts";
import { iptables, nft } from "./packages.ts";
import { placedChains, removeRules } from "./packet-rules.ts";
import { policyProcess } from "./policies.ts";
import { startTime, stopProcess } from "./processes.ts";
import { addresses, files, linkName } from "./settings.ts";

/**
 * Takes the local cluster down: processes, mounts, links and rules. Its data stays, so that the next start goes on
 * where
 * it was, unless it is purged. Returns what could not be removed. Throws before anything is changed where another local
 * cluster's node runs here.
 */
export async function removeLocalCluster(bin: string, purge: boolean, print: Print): Promise<string[]> {
  if (isRoot) refuseOtherLocalCluster();
  if (processes.isRunning("containerd")) {
    await processes.stop("kubelet");
    await step("stopping containers", print, stopContainers);
  }
  for (const name of [entryProcess, policyProcess, ...[...nodeProcesses].reverse()]) await processes.stop(name);
  await stopControlPlane(bin);
  for (const pid of ownProcesses()) await stopProcess({ pid, started: startTime(pid) }, 5);
  if (isRoot) await removeNode();
  const left = await leftovers();
  if (purge && left.length === 0) removeData();
  return left;
}

/** Only root starts a real node, and links, rules and control groups that another user sees are not theirs. */
const isRoot = process.getuid?.() === 0;

/** What a real node leaves on the machine. */
async function removeNode(): Promise<void> {
  for (const mount of ownMounts()) await run("umount", ["--lazy", mount]).catch(() => {});
  for (const link of await ownLinks()) await run("ip", ["link", "delete", link]).catch(() => {});
  for (const table of await ownTables()) await run(nft, ["delete", "table", ...table.split(" ")]).catch(() => {});
  if (existsSync(iptables)) await removeRules();
  await removeControlGroups();
  restoreKernelSettings();
  for (const folder of [files.cni, join(files.containerd, "state"), join(files.kubelet, "pods")])
    rmSync(folder, { recursive: true, force: true });
  for (const file of strayFiles()) rmSync(file, { force: true });
}

/** The folder moves aside first: interrupted, the cluster is there with all its data or it is gone. */
function removeData(): void {
  const aside = `${clusterFolder}.removed`;
  rmSync(aside, { recursive: true, force: true }); // of a purge that was killed
  if (existsSync(clusterFolder)) renameSync(clusterFolder, aside);
  rmSync(aside, { recursive: true, force: true });
}

/**
 * The folders of other local clusters whose nodes run here: links, packet rules and control groups of this machine are
 * theirs.
 */
export const otherLocalClusters = (): string[] =>
  numericEntries("/proc").flatMap((pid) => {
    const [program = "", ...args] = readText(`/proc/${pid}/cmdline`).split("\0");
    const root = args[args.indexOf("--root-dir") + 1];
    return basename(program) === "kubelet" &&
      args.includes(addresses.node) &&
      root !== undefined &&
      root !== files.kubelet
      ? [dirname(root)]
      : [];
  });

/** Throws where the node of another local cluster runs on this machine. */
export function refuseOtherLocalCluster(): void {
  const [other] = otherLocalClusters();
  if (other !== undefined)
    throw new Error(
      `the node that runs on this machine belongs to the local cluster in ${other}, and PLATFORM_STATE leads to ${clusterFolder}. Nothing was changed. Set it as it was for "npm run up"`,
    );
}

/** Asks every container to end, the data stores among them, and forces what is left after 20 seconds. */
async function stopContainers(): Promise<void> {
  const running = async () =>
    (await ctr("tasks", "ls"))
      .split("\n")
      .slice(1)
      .filter((line) => line.includes("RUNNING"))
      .map((line) => line.split(/\s+/)[0]!);
  for (const task of await running()) await ctr("tasks", "kill", "--signal", "SIGTERM", task).catch(() => {});
  for (let waited = 0; waited < 40 && (await running()).length > 0; waited += 1) await sleep(500);
  for (const task of await running()) await ctr("tasks", "kill", "--signal", "SIGKILL", task).catch(() => {});
  const containers = (await ctr("containers", "ls", "--quiet")).split("\n").filter(Boolean);
  for (const container of containers) {
    await ctr("tasks", "delete", "--force", container).catch(() => {});
    await ctr("containers", "delete", container).catch(() => {});
  }
}

/**
 * Processes whose command line names our folder: shims of containerd and parts whose record was lost. Never this one.
 */
export function ownProcesses(): number[] {
  const own = process.pid;
  return numericEntries("/proc").filter((pid) => {
    if (pid === own || pid === process.ppid) return false;
    const [program, ...args] = readText(`/proc/${pid}/cmdline`).split("\0");
    const part =
      /(containerd|containerd-shim-runc-v2|kubelet|kube-proxy|kube-apiserver|kube-controller-manager|kube-scheduler|etcd|kwok-controller|kwok|network-policies|ingress-entry)$/.test(
        program ?? "",
      );
    return part && args.some((arg) => arg.includes(clusterFolder));
  });
}

/** Mounts below our folder, the deepest first. */
export const ownMounts = (): string[] =>
  readText("/proc/mounts")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => path.startsWith(`${clusterFolder}/`))
    .sort((a, b) => b.length - a.length);

/** Our own link, and the host ends of pods' links. */
const ownLinks = async (): Promise<string[]> => [
  ...(existsSync(`/sys/class/net/${linkName}`) ? [linkName] : []),
  ...new Set((await podLinks()).map(({ link }) => link)),
];

/** Our tables of packet rules, as `family name`. */
async function ownTables(): Promise<string[]> {
  if (!existsSync(nft)) return [];
  const tables = await run(nft, ["list", "tables"]);
  return ["ip kube-proxy", "ip6 kube-proxy", guardTable].filter((table) => tables.includes(`table ${table}`));
}

/**
 * Links to our pods' logs and records of our network, which the kubelet and the network plugins keep at fixed places.
 */
function strayFiles(): string[] {
  const [logs, results] = ["/var/log/containers", "/var/lib/cni/results"];
  const names = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);
  return [
    ...names(logs)
      .map((name) => join(logs, name))
      .filter((path) => lstatSync(path).isSymbolicLink() && readlinkSync(path).startsWith(files.kubelet)),
    ...names(results)
      .filter((name) => name.startsWith("platform-"))
      .map((name) => join(results, name)),
  ];
}

async function removeControlGroups(): Promise<void> {
  for (const root of controlGroups())
    await run("find", [root, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"]).catch(() => {});
}

const controlGroups = (): string[] => {
  const roots = existsSync("/sys/fs/cgroup")
    ? ["/sys/fs/cgroup", ...readdirSync("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}`)]
    : [];
  return roots.map((root) => join(root, "kubepods")).filter((path) => existsSync(path));
};

function restoreKernelSettings(): void {
  if (!existsSync(files.kernelSettings)) return;
  for (const [name, value] of Object.entries(
    JSON.parse(readFileSync(files.kernelSettings, "utf8")) as Record<string, string>,
  ))
    writeFileSync(`/proc/sys/${name}`, value);
  rmSync(files.kernelSettings);
}

/** What of the cluster is still there. */
export async function leftovers(): Promise<string[]> {
  return [
    ...ownProcesses().map(
      (pid) => `process ${pid}: ${readText(`/proc/${pid}/cmdline`).replaceAll("\0", " ").slice(0, 80)}`,
    ),
    ...(isRoot ? await leftOfNode() : []),
  ];
}

const leftOfNode = async (): Promise<string[]> => [
  ...ownMounts().map((mount) => `mount ${mount}`),
  ...(await ownLinks()).map((link) => `network link ${link}`),
  ...(await ownTables()).map((table) => `nft table ${table}`),
  ...(await placedChains()),
  ...controlGroups().map((group) => `control group ${group}`),
];

const numericEntries = (folder: string): number[] =>
  existsSync(folder) ? readdirSync(folder).map(Number).filter(Number.isInteger) : [];
