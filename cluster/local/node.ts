import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import type { Archive } from "../images/archives.ts";
import { clusterImages } from "../pins.ts";
import { type Print, step } from "../progress.ts";
import { run, succeeds } from "../shell.ts";
import { closeToNeighbours } from "./guard.ts";
import { removeStaleLinks } from "./links.ts";
import { ProcessTable } from "./processes.ts";
import { addresses, files, linkName, nodeName } from "./settings.ts";

export const processes = new ProcessTable(files.processes);
/** The node's own background processes, in start order. */
export const nodeProcesses = ["containerd", "kubelet", "kube-proxy"] as const;

/** Kernel settings that the node's parts change. */
export const kernelSettings = [
  "net/ipv4/ip_forward",
  "vm/overcommit_memory",
  "vm/panic_on_oom",
  "kernel/panic",
  "kernel/panic_on_oops",
  "kernel/keys/root_maxkeys",
  "kernel/keys/root_maxbytes",
] as const;

/** Calls containerd's client in the namespace that the kubelet uses. */
export const ctr = (...args: string[]): Promise<string> =>
  run("ctr", ["--address", files.containerdSocket, "--namespace", "k8s.io", ...args]);

/**
 * The link with the node's address (an empty bridge: not every kernel has dummy links); every pod's own link is routed
 * to it.
 */
export async function ensureNetwork(): Promise<void> {
  rememberKernelSettings();
  if (!existsSync(`/sys/class/net/${linkName}`)) await run("ip", ["link", "add", linkName, "type", "bridge"]);
  await run("ip", ["address", "replace", `${addresses.node}/32`, "dev", linkName]);
  await run("ip", ["link", "set", linkName, "up"]);
  // While kube-proxy has no rule for a service address, packets to it end here instead of on the machine's uplink.
  await run("ip", ["route", "replace", addresses.services, "dev", linkName]);
  await removeStaleLinks();
  await closeToNeighbours();
  writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
}

function rememberKernelSettings(): void {
  if (existsSync(files.kernelSettings)) return;
  const values = kernelSettings.map((name) => [name, readFileSync(`/proc/sys/${name}`, "utf8").trim()]);
  writeFileSync(files.kernelSettings, JSON.stringify(Object.fromEntries(values)));
}

/** Version 2 of the format: containerd reads it since 1.3, and 2.0 does so too. */
export const containerdConfig = (): string => `version = 2
root = "${join(files.containerd, "root")}"
state = "${join(files.containerd, "state")}"
[grpc]
  address = "${files.containerdSocket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${clusterImages.pause}"
  restrict_oom_score_adj = true
  disable_tcp_service = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${join(files.cni, "conf")}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`;

export async function startContainerd(): Promise<void> {
  mkdirSync(join(files.cni, "conf"), { recursive: true });
  mkdirSync(files.containerd, { recursive: true });
  writeFileSync(
    join(files.cni, "conf", "10-platform.conflist"),
    JSON.stringify({
      cniVersion: "1.0.0",
      name: "platform",
      plugins: [
        {
          // Point to point: every packet passes the host, where kube-proxy's rules see both directions of it.
          type: "ptp",
          ipMasq: false,
          ipam: {
            type: "host-local",
            dataDir: join(files.cni, "data"),
            ranges: [[{ subnet: addresses.pods, rangeStart: "10.88.1.1", gateway: addresses.node }]],
            routes: [{ dst: "0.0.0.0/0" }],
          },
        },
      ],
    }),
  );
  const config = join(files.containerd, "config.toml");
  writeFileSync(config, containerdConfig());
  processes.start("containerd", "containerd", ["--config", config]);
  await until("containerd", () => succeeds("ctr", ["--address", files.containerdSocket, "version"]));
}

/** Imports the images that containerd does not have. */
export async function importImages(archives: readonly Archive[], print: Print): Promise<void> {
  const present = new Map((await ctr("images", "ls")).split("\n").map((line) => [line.split(/\s+/)[0]!, line]));
  const stamp = join(files.containerd, "imported.json");
  const imported: Record<string, string> = existsSync(stamp) ? JSON.parse(readFileSync(stamp, "utf8")) : {};
  const missing = archives.filter(({ name, file }) => !present.has(name) || imported[name] !== file);
  if (missing.length === 0) return;
  await step(`importing ${missing.length} images`, print, async () => {
    for (const { name, file } of missing) {
      await ctr("images", "import", file);
      imported[name] = file;
      writeFileSync(stamp, JSON.stringify(imported));
    }
  });
}

export async function startKubelet(bin: string): Promise<void> {
  mkdirSync(files.kubelet, { recursive: true });
  mkdirSync(files.volumes, { recursive: true });
  const config = join(files.kubelet, "config.yaml");
  writeFileSync(
    config,
    stringify({
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      address: addresses.node,
      healthzBindAddress: "127.0.0.1",
      containerRuntimeEndpoint: `unix://${files.containerdSocket}`,
      clusterDNS: [addresses.dns],
      clusterDomain: "cluster.local",
      resolvConf: "",
      cgroupDriver: "cgroupfs",
      failCgroupV1: false,
      failSwapOn: false,
      featureGates: { KubeletInUserNamespace: true },
      enforceNodeAllocatable: [],
      makeIPTablesUtilChains: false,
      podLogsDir: join(files.kubelet, "logs"),
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: true },
        x509: { clientCAFile: join(files.pki, "ca.crt") },
      },
      authorization: { mode: "Webhook" },
      volumePluginDir: join(files.kubelet, "volume-plugins"),
      // Images come from archives and could not be pulled again.
      imageGCHighThresholdPercent: 100,
      imageGCLowThresholdPercent: 99,
      evictionHard: {
        "memory.available": "200Mi",
        "nodefs.available": "1%",
        "imagefs.available": "1%",
        "nodefs.inodesFree": "1%",
      },
    }),
  );
  processes.start("kubelet", join(bin, "kubelet"), [
    "--config",
    config,
    "--kubeconfig",
    files.kubeconfig,
    "--root-dir",
    files.kubelet,
    "--cert-dir",
    join(files.kubelet, "pki"),
    "--hostname-override",
    nodeName,
    "--node-ip",
    addresses.node,
  ]);
}

export function startKubeProxy(bin: string): void {
  const config = join(files.processes, "kube-proxy.yaml");
  writeFileSync(
    config,
    stringify({
      apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
      kind: "KubeProxyConfiguration",
      mode: "nftables",
      clusterCIDR: addresses.pods,
      hostnameOverride: nodeName,
      bindAddress: addresses.node,
      healthzBindAddress: "127.0.0.1:10256",
      metricsBindAddress: "127.0.0.1:10249",
      nodePortAddresses: ["127.0.0.1/32"],
      clientConnection: { kubeconfig: files.kubeconfig },
      // Zero leaves the machine's own connection tracking as it is.
      conntrack: {
        maxPerCore: 0,
        min: 0,
        tcpEstablishedTimeout: "0s",
        tcpCloseWaitTimeout: "0s",
        udpTimeout: "0s",
        udpStreamTimeout: "0s",
      },
    }),
  );
  processes.start("kube-proxy", join(bin, "kube-proxy"), ["--config", config]);
}

/** Asks twice a second for up to a minute; throws with the end of the process's log. */
export async function until(name: string, ready: () => Promise<boolean>, seconds = 60): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(500)) {
    if (await ready()) return;
  }
  throw new Error(
    `${name} is not ready after ${seconds} s. The end of ${join(files.processes, `${name}.log`)}:\n${processes.lastLines(name)}`,
  );
}
