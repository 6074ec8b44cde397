import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { programPath } from "../build.ts";
import { simulator } from "../pins.ts";
import { run, succeeds } from "../shell.ts";
import { whyTaken } from "./ports.ts";
import { addresses, contextName, files } from "./settings.ts";

/**
 * kwokctl's description of our control plane: TLS and authorization on, etcd on loopback only. The API server listens
 * where its
 * clients are: pods reach it at the node's address, and a simulated node has no pods.
 */
export function configuration(bin: string, node: "real" | "simulated"): string {
  const key = (name: string, value: string, override = false) => ({ key: name, value, ...(override && { override }) });
  const pki = (file: string) => join(files.pki, file);
  return stringify({
    apiVersion: "config.kwok.x-k8s.io/v1alpha1",
    kind: "KwokctlConfiguration",
    options: {
      runtime: "binary",
      bindAddress: "127.0.0.1",
      kubeApiserverPort: addresses.apiPort,
      kubeApiserverCertSANs: [addresses.api, addresses.node],
      disableQPSLimits: true,
      etcdBinary: join(bin, "etcd"),
      kubeApiserverBinary: join(bin, "kube-apiserver"),
      kubeControllerManagerBinary: join(bin, "kube-controller-manager"),
      kubeSchedulerBinary: join(bin, "kube-scheduler"),
      ...(node === "real" ? { disable: ["kwok-controller"] } : { kwokControllerBinary: programPath(simulator) }),
    },
    componentsPatches: [
      {
        name: "kube-apiserver",
        extraArgs: [
          key("bind-address", node === "real" ? "0.0.0.0" : "127.0.0.1", true),
          key("advertise-address", addresses.node),
          key("service-cluster-ip-range", addresses.services),
          key("kubelet-preferred-address-types", "InternalIP"),
          key("kubelet-client-certificate", pki("admin.crt")),
          key("kubelet-client-key", pki("admin.key")),
          // What metrics-server needs to trust the API server's aggregation layer.
          key("requestheader-client-ca-file", pki("ca.crt")),
          key("requestheader-allowed-names", "kwok-admin"),
          key("requestheader-username-headers", "X-Remote-User"),
          key("requestheader-group-headers", "X-Remote-Group"),
          key("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
        ],
      },
      { name: "kube-controller-manager", extraArgs: [key("service-cluster-ip-range", addresses.services)] },
      // Only nodes that are declared as simulated belong to kwok.
      ...(node === "simulated"
        ? [
            {
              name: "kwok-controller",
              extraArgs: [
                key("manage-all-nodes", "false", true),
                key("manage-nodes-with-annotation-selector", "kwok.x-k8s.io/node=fake"),
              ],
            },
          ]
        : []),
    ],
  });
}

function kwokctl(bin: string, ...args: string[]): Promise<string> {
  const env = { KWOK_WORKDIR: files.kwokWork, PATH: `${bin}${delimiter}${process.env["PATH"]}` };
  return run(join(bin, "kwokctl"), [...args, "--name", contextName], { env });
}

export const apiAnswers = (bin: string): Promise<boolean> =>
  existsSync(files.kubeconfig)
    ? succeeds(join(bin, "kubectl"), [
        "--kubeconfig",
        files.kubeconfig,
        "get",
        "--raw",
        "/readyz",
        "--request-timeout=3s",
      ])
    : Promise.resolve(false);

/** The parts of a real node's control plane, by the names of kwokctl's process files. */
const realProcesses = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const;
const allProcesses = [...realProcesses, "kwok-controller"] as const;

/** The control plane's parts beside such a node. */
export const controlPlaneProcesses = (node: "real" | "simulated"): readonly (typeof allProcesses)[number][] =>
  node === "real" ? realProcesses : allProcesses;

const pidFile = (name: string) => join(files.controlPlane, "pids", `${name}.pid`);

/** Whether a part runs: its recorded process exists and was started from our folder. */
export function isRunning(name: (typeof allProcesses)[number]): boolean {
  try {
    const pid = readFileSync(pidFile(name), "utf8").trim();
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(files.controlPlane);
  } catch {
    return false;
  }
}

/** kwokctl ends whatever process has a recorded number, which after a restart of the machine may be a stranger's. */
function forgetDeadProcesses(): void {
  for (const name of allProcesses) if (!isRunning(name)) rmSync(pidFile(name), { force: true });
}

/** Starts the control plane, or what of it does not run. Returns when the API server is ready. */
export async function startControlPlane(bin: string, node: "real" | "simulated"): Promise<void> {
  if ((await apiAnswers(bin)) && controlPlaneProcesses(node).every(isRunning)) return;
  const obstacle = isRunning("kube-apiserver") ? undefined : await whyTaken(addresses.apiPort);
  if (obstacle !== undefined)
    throw new Error(
      `the API server cannot start: port ${addresses.apiPort} of 127.0.0.1 ${obstacle}, such as that of another user's local cluster. End it, or use a k3d or kind cluster`,
    );
  mkdirSync(files.kwokWork, { recursive: true });
  forgetDeadProcesses();
  // Without a kubeconfig an earlier creation was interrupted; nothing of it is worth keeping.
  if (existsSync(files.controlPlane) && !existsSync(files.kubeconfig))
    await kwokctl(bin, "delete", "cluster").catch(() => rmSync(files.controlPlane, { recursive: true, force: true }));
  if (existsSync(files.controlPlane)) {
    if (readFileSync(files.kwokConfig, "utf8") !== configuration(bin, node)) {
      throw new Error(
        `the local cluster in ${files.controlPlane} was made by another version of this project: remove it and its data with "npm run cluster -- down --purge"`,
      );
    }
    await kwokctl(bin, "start", "cluster", "--wait", "60s"); // passes over parts that run
  } else {
    writeFileSync(files.kwokConfig, configuration(bin, node));
    await kwokctl(
      bin,
      "create",
      "cluster",
      "--config",
      files.kwokConfig,
      "--kubeconfig",
      `${files.kubeconfig}.kwok`,
      "--wait",
      "60s",
    );
    rmSync(`${files.kubeconfig}.kwok`, { force: true });
  }
  writeKubeconfig();
  for (let tries = 0; tries < 60; tries += 1, await sleep(500)) if (await apiAnswers(bin)) return;
  throw new Error(`the API server does not answer: see ${join(files.controlPlane, "logs", "kube-apiserver.log")}`);
}

/** Stops the control plane; its data stays. */
export async function stopControlPlane(bin: string): Promise<void> {
  forgetDeadProcesses();
  if (existsSync(files.controlPlane)) await kwokctl(bin, "stop", "cluster").catch(() => {}); // what it misses is found by name afterwards
}

/** A kubeconfig that carries its certificates, so that it works wherever it is copied to. */
function writeKubeconfig(): void {
  const data = (file: string) => readFileSync(join(files.pki, file)).toString("base64");
  mkdirSync(dirname(files.kubeconfig), { recursive: true });
  writeFileSync(
    `${files.kubeconfig}.new`,
    stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": contextName,
      clusters: [
        {
          name: contextName,
          cluster: { server: `https://127.0.0.1:${addresses.apiPort}`, "certificate-authority-data": data("ca.crt") },
        },
      ],
      users: [
        {
          name: contextName,
          user: { "client-certificate-data": data("admin.crt"), "client-key-data": data("admin.key") },
        },
      ],
      contexts: [{ name: contextName, context: { cluster: contextName, user: contextName } }],
    }),
    { mode: 0o600 },
  );
  renameSync(`${files.kubeconfig}.new`, files.kubeconfig);
}
