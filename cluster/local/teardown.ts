import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { clusterFolder } from "../paths.ts";
import { type Print, step } from "../progress.ts";
import { run } from "../shell.ts";
import { stopControlPlane } from "./control-plane.ts";
import { ctr, nodeProcesses, processes } from "./node.ts";
import { startTime, stopProcess } from "./processes.ts";
import { addresses, files, linkName } from "./settings.ts";

/**
 * Takes the local cluster down: processes, mounts, links and rules. Its data stays, so that the next start goes on where
 * it was, unless it is purged. Returns what could not be removed.
 */
export async function removeLocalCluster(bin: string, purge: boolean, print: Print): Promise<string[]> {
  if (processes.isRunning("containerd")) {
    await processes.stop("kubelet");
    await step("stopping containers", print, stopContainers);
  }
  for (const name of [...nodeProcesses].reverse()) await processes.stop(name);
  await stopControlPlane(bin);
  for (const pid of ownProcesses()) await stopProcess({ pid, started: startTime(pid) }, 5);
  for (const mount of ownMounts()) await run("umount", ["--lazy", mount]).catch(() => {});
  for (const link of ownLinks()) await run("ip", ["link", "delete", link]).catch(() => {});
  for (const family of ["ip", "ip6"]) if (kubeProxyTables().includes(family)) await run("nft", ["delete", "table", family, "kube-proxy"]).catch(() => {});
  await removeControlGroups();
  restoreKernelSettings();
  for (const folder of [files.cni, join(files.containerd, "state"), join(files.kubelet, "pods")]) rmSync(folder, { recursive: true, force: true });
  const left = await leftovers();
  if (purge && left.length === 0) rmSync(clusterFolder, { recursive: true, force: true });
  return left;
}

/** Asks every container to end, the data stores among them, and forces what is left after 30 seconds. */
async function stopContainers(): Promise<void> {
  const running = async () => (await ctr("tasks", "ls")).split("\n").slice(1).filter((line) => line.includes("RUNNING")).map((line) => line.split(/\s+/)[0]!);
  for (const task of await running()) await ctr("tasks", "kill", "--signal", "SIGTERM", task).catch(() => {});
  for (let waited = 0; waited < 60 && (await running()).length > 0; waited += 1) await sleep(500);
  for (const task of await running()) await ctr("tasks", "kill", "--signal", "SIGKILL", task).catch(() => {});
  const containers = (await ctr("containers", "ls", "--quiet")).split("\n").filter(Boolean);
  for (const container of containers) {
    await ctr("tasks", "delete", "--force", container).catch(() => {});
    await ctr("containers", "delete", container).catch(() => {});
  }
}

/** Processes whose command line names our folder: shims of containerd and parts whose record was lost. Never this one. */
export function ownProcesses(): number[] {
  const own = process.pid;
  return numericEntries("/proc").filter((pid) => {
    if (pid === own || pid === process.ppid) return false;
    const [program, ...args] = readText(`/proc/${pid}/cmdline`).split("\0");
    const part = /(containerd|containerd-shim-runc-v2|kubelet|kube-proxy|kube-apiserver|kube-controller-manager|kube-scheduler|etcd|kwok-controller|kwok)$/.test(program ?? "");
    return part && args.some((arg) => arg.includes(clusterFolder));
  });
}

/** Mounts below our folder, the deepest first. */
export const ownMounts = (): string[] =>
  readText("/proc/mounts").split("\n").map((line) => line.split(" ")[1] ?? "").filter((path) => path.startsWith(`${clusterFolder}/`)).sort((a, b) => b.length - a.length);

/** Our own link, and the host ends of pods' links: those that carry the pods' gateway address. */
export function ownLinks(): string[] {
  if (process.platform !== "linux") return [];
  const routes = readText("/proc/net/fib_trie"); // only to know whether the address is in use at all
  const links = existsSync("/sys/class/net") ? readdirSync("/sys/class/net") : [];
  return links.filter((link) => link === linkName || (link.startsWith("veth") && routes.includes(addresses.node) && carriesNodeAddress(link)));
}

function carriesNodeAddress(link: string): boolean {
  // The kernel's route table, in hexadecimal and little-endian: a route to a pod over this link is ours.
  const pods = addresses.pods.split("/")[0]!.split(".").slice(0, 2).map((part) => Number(part).toString(16).padStart(2, "0").toUpperCase()).reverse().join("");
  return readText("/proc/net/route").split("\n").map((line) => line.split("\t")).some(([name, destination]) => name === link && destination?.endsWith(pods));
}

const kubeProxyTables = (): string[] => {
  const rules = readTables();
  return ["ip", "ip6"].filter((family) => rules.includes(`table ${family} kube-proxy`));
};

let tables = "";
const readTables = () => tables;
/** nft has no file to read: the list of tables is fetched by `leftovers` and before the removal. */
export async function refreshTables(): Promise<void> {
  tables = await run("nft", ["list", "tables"]).catch(() => "");
}

async function removeControlGroups(): Promise<void> {
  for (const root of controlGroups()) await run("find", [root, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"]).catch(() => {});
}

const controlGroups = (): string[] => {
  const roots = existsSync("/sys/fs/cgroup") ? ["/sys/fs/cgroup", ...readdirSync("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}`)] : [];
  return roots.map((root) => join(root, "kubepods")).filter((path) => existsSync(path));
};

function restoreKernelSettings(): void {
  if (!existsSync(files.kernelSettings)) return;
  for (const [name, value] of Object.entries(JSON.parse(readFileSync(files.kernelSettings, "utf8")) as Record<string, string>)) writeFileSync(`/proc/sys/${name}`, value);
  rmSync(files.kernelSettings);
}

/** What of the cluster is still there. */
export async function leftovers(): Promise<string[]> {
  await refreshTables();
  return [
    ...ownProcesses().map((pid) => `process ${pid}: ${readText(`/proc/${pid}/cmdline`).replaceAll("\0", " ").slice(0, 80)}`),
    ...ownMounts().map((mount) => `mount ${mount}`),
    ...ownLinks().map((link) => `network link ${link}`),
    ...kubeProxyTables().map((family) => `nft table ${family} kube-proxy`),
    ...controlGroups().map((group) => `control group ${group}`),
  ];
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

const numericEntries = (folder: string): number[] => (existsSync(folder) ? readdirSync(folder).map(Number).filter(Number.isInteger) : []);
