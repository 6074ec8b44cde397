import { existsSync, readdirSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { readText } from "../../cluster/read-text.ts";

const list = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

/**
 * What a cluster leaves behind when it is not taken down well, looked at without knowing anything of the cluster:
 * mounts,
 * network links, routes, packet filter tables, control groups of pods, and processes by their program.
 */
export function machineState(): string[] {
  if (process.platform !== "linux") return [];
  const nft = "/usr/sbin/nft";
  const tables =
    existsSync(nft) && process.getuid?.() === 0
      ? execFileSync(nft, ["list", "tables"], { encoding: "utf8" }).split("\n")
      : [];
  const programs = list("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => readText(`/proc/${pid}/cmdline`).split("\0")[0]!.split("/").at(-1)!)
    .filter((program) =>
      /^(containerd|runc|kube|etcd|kwok|coredns|metrics-server|network-policies|ingress-entry|local-path|postgres|redis-server|pause|pulumi)/.test(
        program,
      ),
    );
  return [
    ...readText("/proc/mounts")
      .split("\n")
      .filter(Boolean)
      .map((line) => `mount ${line.split(" ")[1]}`),
    ...list("/sys/class/net").map((link) => `link ${link}`),
    ...readText("/proc/net/route")
      .split("\n")
      .slice(1)
      .filter(Boolean)
      .map((line) => `route ${line.split("\t").slice(0, 2).join(" ")}`),
    ...tables.filter(Boolean),
    ...list("/sys/fs/cgroup")
      .filter((name) => existsSync(`/sys/fs/cgroup/${name}/kubepods`))
      .map((name) => `control group ${name}/kubepods`),
    ...programs.map((program) => `process ${program}`),
  ].sort();
}
