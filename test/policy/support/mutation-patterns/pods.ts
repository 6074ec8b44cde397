import type { Manifest } from "../../../../policies/model/kubernetes-object.ts";
import { added, by, field, kept, onlyWhere, patternsOf } from "../mutation-pattern.ts";

interface EmptyDir {
  readonly medium?: string;
}
interface Volume {
  readonly name: string;
  readonly persistentVolumeClaim?: object;
}

const node = [
  added("hostNetwork", true),
  added("hostPID", true),
  added("hostIPC", true),
  added("shareProcessNamespace", true),
  added("nodeName", "node-1"),
  added("hostAliases", [{ ip: "203.0.113.1", hostnames: ["registry.example.com"] }]),
  added("priorityClassName", "system-node-critical"),
  added("tolerations", [{ operator: "Exists" }]),
  added("securityContext.sysctls", [{ name: "kernel.msgmax", value: "65536" }]),
  added("securityContext.windowsOptions", { hostProcess: true }),
  added("securityContext.seLinuxOptions", { user: "system_u" }),
  added("securityContext.appArmorProfile", { type: "Unconfined" }),
  kept(
    "volumes[*]",
    by("a path of the node", ({ name }: Volume) => ({ name, hostPath: { path: "/" } })),
  ),
];

const identity = [
  field("automountServiceAccountToken", true),
  field("securityContext"),
  kept("securityContext.runAsUser", 0),
  kept("securityContext.runAsGroup", 0),
  kept("securityContext.fsGroup", 0),
  added("securityContext.supplementalGroups", [0]),
];

const life = [
  field("terminationGracePeriodSeconds", 0),
  kept(
    "volumes[*].emptyDir",
    {},
    by("more than the pod may use", ({ medium }: EmptyDir) => (medium ? undefined : { sizeLimit: "1Ti" })),
  ),
  kept(
    "volumes[*]",
    by(
      "a scratch directory in place of the claim",
      ({ name, persistentVolumeClaim }: Volume) => persistentVolumeClaim && { name, emptyDir: { sizeLimit: "1Mi" } },
    ),
  ),
  kept("volumes[*].secret.defaultMode", 0o777),
];

const spread = [
  field("topologySpreadConstraints", []),
  kept("topologySpreadConstraints[*].labelSelector", { matchLabels: { app: "another" } }),
];

const isSpread = (manifest: Manifest) => (manifest["spec"] as { replicas?: number } | undefined)?.replicas !== 1;
const hasToken = (manifest: Manifest) => JSON.stringify(manifest).includes('"serviceAccountToken":');

/** What protects a pod. One pod alone cannot be spread, and an account whose token is not mounted gives nothing. */
export const podPatterns = [
  ...patternsOf("pod", ...node, ...identity, ...life),
  ...onlyWhere(isSpread, patternsOf("pod", ...spread)),
  ...onlyWhere(hasToken, patternsOf("pod", field("serviceAccountName", "default"))),
];
