import { join } from "node:path";
import { clusterFolder } from "../paths.ts";

/** Name of the kubeconfig context; the stack accepts it as a local cluster. */
export const contextName = "local-platform";
/** Name of the one real node. */
export const nodeName = "platform";
/** Network link that carries the node's address. */
export const linkName = "platform0";

/** Addresses of the local cluster: ranges that home and office networks rarely use. */
export const addresses = {
  node: "10.88.0.1",
  pods: "10.88.0.0/16",
  services: "10.89.0.0/16",
  /** The first service address, which the API server takes for itself. */
  api: "10.89.0.1",
  dns: "10.89.0.10",
  /** The ingress controller's Service. */
  ingress: "10.89.0.80",
  apiPort: 16443,
} as const;

const inCluster = (...parts: string[]) => join(clusterFolder, ...parts);
const kwokFolder = inCluster("kwok", "clusters", contextName);

/** Where everything of the local cluster lies. */
export const files = {
  kubeconfig: inCluster("kubeconfig"),
  kwokWork: inCluster("kwok"),
  kwokConfig: inCluster("kwok.yaml"),
  pki: join(kwokFolder, "pki"),
  controlPlane: kwokFolder,
  processes: inCluster("processes"),
  containerd: inCluster("containerd"),
  containerdSocket: inCluster("containerd", "containerd.sock"),
  cni: inCluster("cni"),
  kubelet: inCluster("kubelet"),
  /** Volumes' data; only a purge removes it. */
  volumes: inCluster("volumes"),
  /** Kernel settings as they were before the cluster came. */
  kernelSettings: inCluster("kernel-settings.json"),
} as const;
