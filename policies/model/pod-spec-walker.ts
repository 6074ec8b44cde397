import type { V1Container, V1PodSpec } from "@kubernetes/client-node";
import { jobLabels } from "./job-labels.ts";
import type { KubernetesObject, Manifest } from "./kubernetes-object.ts";

/** A pod, or the template of pods, inside an object. */
export interface WalkedPod {
  /** Where the pod spec is in the object: `spec.template.spec`. */
  readonly path: string;
  readonly spec: V1PodSpec;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Its containers and where they are. @default those in the lists of its spec */
  readonly containers?: readonly Omit<WalkedContainer, "pod">[];
}

/** `sidecar` is an init container that keeps running (restartPolicy Always). */
export type ContainerRole = "main" | "init" | "sidecar" | "ephemeral";

/** One container of any role. */
export interface WalkedContainer {
  readonly role: ContainerRole;
  /** Where it is in the object: `spec.template.spec.containers[0]`. */
  readonly path: string;
  readonly spec: V1Container;
  readonly pod: WalkedPod;
}

/** Controllers whose pods are meant to run for ever. */
export const longRunningKinds = [
  "Deployment",
  "StatefulSet",
  "DaemonSet",
  "ReplicaSet",
  "ReplicationController",
] as const;
/** Kinds whose pods end. */
export const jobKinds = ["Job", "CronJob"] as const;
/** Kinds that make pods run: what needs a network policy, a quota, and so on. */
export const workloadKinds = [...longRunningKinds, ...jobKinds, "Pod"] as const;
/** Every kind with a pod spec inside. */
export const podKinds = [...workloadKinds, "PodTemplate"] as const;

const templatePaths: Readonly<Record<(typeof podKinds)[number], readonly string[]>> = {
  Deployment: ["spec", "template"],
  StatefulSet: ["spec", "template"],
  DaemonSet: ["spec", "template"],
  ReplicaSet: ["spec", "template"],
  ReplicationController: ["spec", "template"],
  Job: ["spec", "template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
  PodTemplate: ["template"],
  Pod: [],
};

const groups = [
  ["containers", "main"],
  ["initContainers", "init"],
  ["ephemeralContainers", "ephemeral"],
] as const;

const pods = new WeakMap<KubernetesObject, WalkedPod>();

/** The pod an object runs; undefined for kinds without one. */
export function podOf(object: KubernetesObject): WalkedPod | undefined {
  const known = pods.get(object);
  if (known !== undefined) return known;
  const steps = (templatePaths as Readonly<Record<string, readonly string[] | undefined>>)[object.kind];
  if (steps === undefined) return undefined;
  let template: Manifest | undefined = object.manifest;
  for (const step of steps) template = template?.[step] as Manifest | undefined;
  const spec = template?.["spec"];
  if (typeof spec !== "object" || spec === null) return undefined;
  const pod: WalkedPod = {
    path: [...steps, "spec"].join("."),
    spec: spec as V1PodSpec,
    get labels() {
      return object.kind === "Job"
        ? { ...jobLabels(object), ...template?.metadata?.labels }
        : (template?.metadata?.labels ?? {});
    },
    get annotations() {
      return template?.metadata?.annotations ?? {};
    },
  };
  pods.set(object, pod);
  return pod;
}

/**
 * An object that stands for one pod in another, as a PodTemplate. Whatever it reads but its kind and pod is the
 * other's.
 */
export function withPod(object: KubernetesObject, pod: WalkedPod): KubernetesObject {
  const view = Object.create(object, { kind: { value: "PodTemplate" } }) as KubernetesObject;
  pods.set(view, pod);
  return view;
}

const walks = new WeakMap<WalkedPod, readonly WalkedContainer[]>();

/**
 * Every container of a pod, init, sidecar and ephemeral ones included. Each pod is walked once, however many rules look
 * at it.
 */
export function containersOf(pod: WalkedPod): Iterable<WalkedContainer> {
  return walks.get(pod) ?? walking(pod);
}

function* walking(pod: WalkedPod): Generator<WalkedContainer> {
  const walk: WalkedContainer[] = (pod.containers ?? []).map((container) => ({ ...container, pod }));
  yield* walk;
  for (const [field, role] of pod.containers === undefined ? groups : []) {
    const containers = (pod.spec as unknown as Record<string, V1Container[] | undefined>)[field];
    for (const index of (containers ?? []).keys()) {
      const spec = containers?.[index] as V1Container;
      const sidecar = role === "init" && spec.restartPolicy === "Always";
      const container: WalkedContainer = {
        role: sidecar ? "sidecar" : role,
        path: `${pod.path}.${field}[${index}]`,
        spec,
        pod,
      };
      walk.push(container);
      yield container;
    }
  }
  // Only a complete walk is kept: one that met an unknown value must meet it again for the next rule.
  walks.set(pod, walk);
}
