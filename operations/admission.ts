import { setTimeout as sleep } from "node:timers/promises";
import { CoreV1Api, KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import type { KubeConfig, KubernetesObject, V1ValidatingAdmissionPolicy } from "@kubernetes/client-node";
import type { NamespaceSelector } from "../policies/gates/admission/conditions.ts";
import type { AdmissionGate } from "../policies/gates/admission/gate.ts";
import { gateLabel, policyName } from "../policies/gates/admission/policy.ts";
import { answerOf, ifThere } from "./api-answer.ts";

const apiVersion = "admissionregistration.k8s.io/v1";
/** The order in which they come; they go in the opposite one, so that no binding is ever without its policy. */
const kinds = ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"] as const;

/** How many objects of the gate were made, changed and found as they should be. */
export interface Applied {
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
  /** What an earlier set of rules left. */
  readonly removed: number;
}

/**
 * Brings a cluster's policies and bindings to what the gate says, and removes what it no longer has. Running it again
 * changes nothing.
 */
export async function applyGate(kubeConfig: KubeConfig, gate: AdmissionGate): Promise<Applied> {
  const api = KubernetesObjectApi.makeApiClient(kubeConfig);
  const before = new Map((await ours(api)).map((object) => [keyOf(object), versionOf(object)]));
  const wanted = [
    ...gate.guarded.map(({ policy }) => policy),
    ...gate.guarded.flatMap(({ bindings }) => bindings),
  ] as KubernetesObject[];
  const counts = { created: 0, changed: 0, unchanged: 0 };
  for (const object of wanted) {
    const applied = await api.patch(
      object,
      undefined,
      undefined,
      "production-platform",
      true,
      PatchStrategy.ServerSideApply,
    );
    const known = before.get(keyOf(object));
    counts[known === undefined ? "created" : known === versionOf(applied) ? "unchanged" : "changed"] += 1;
  }
  const names = new Set(wanted.map(keyOf));
  return {
    ...counts,
    removed: await removeAll(
      api,
      (await ours(api)).filter((object) => !names.has(keyOf(object))),
    ),
  };
}

/** Removes every policy and binding of this gate, and returns how many there were. */
export async function removeGate(kubeConfig: KubeConfig): Promise<number> {
  const api = KubernetesObjectApi.makeApiClient(kubeConfig);
  return removeAll(api, await ours(api));
}

/** How `typeWarnings` waits, in milliseconds. */
export interface Patience {
  /** Between two looks. @default a second */
  readonly interval?: number;
  /** Without one more policy checked. @default a minute */
  readonly idle?: number;
  /** Hears how many policies are left after each look. */
  readonly progress?: (left: number, all: number) => void;
}

/**
 * What the API server's type checker says about the expressions, once it has looked at all of them. It checks one after
 * the other, so that a
 * busy control plane needs minutes for all. Throws when not one more was checked for a minute.
 */
export async function typeWarnings(
  kubeConfig: KubeConfig,
  { interval = 1000, idle = 60_000, progress }: Patience = {},
): Promise<string[]> {
  const api = KubernetesObjectApi.makeApiClient(kubeConfig);
  let [least, end] = [Infinity, 0];
  for (; ; await sleep(interval)) {
    const policies = await ofKind<V1ValidatingAdmissionPolicy>(api, "ValidatingAdmissionPolicy");
    const open = policies.filter(({ metadata, status }) => status?.observedGeneration !== metadata?.generation);
    if (open.length === 0) {
      return policies.flatMap(({ metadata, status }) =>
        (status?.typeChecking?.expressionWarnings ?? []).map(
          ({ fieldRef, warning }) => `${metadata?.name} ${fieldRef}: ${warning}`,
        ),
      );
    }
    if (open.length < least) [least, end] = [open.length, Date.now() + idle];
    progress?.(open.length, policies.length);
    if (Date.now() > end) {
      throw new Error(
        `the API server's type checker has not looked at ${open.length} policies, and at none of them in the last ${idle / 1000} s; ${open[0]?.metadata?.name} is one: see the log of kube-controller-manager`,
      );
    }
  }
}

/**
 * Asks for something unsafe, as a dry run, until the API server refuses it: policies take effect a moment after they
 * are there. Returns the
 * answer; undefined where no namespace has the label. Throws when nothing is refused within a minute.
 */
export async function provenRefusal(
  kubeConfig: KubeConfig,
  { key, value }: NamespaceSelector,
): Promise<string | undefined> {
  const { items } = await kubeConfig.makeApiClient(CoreV1Api).listNamespace({ labelSelector: `${key}=${value}` });
  const namespace = items.find(({ metadata }) => metadata?.deletionTimestamp === undefined)?.metadata?.name;
  if (namespace === undefined) return undefined;
  const api = KubernetesObjectApi.makeApiClient(kubeConfig);
  let answer = "";
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(1000)) {
    answer = await api.create(unsafe(namespace), undefined, "All").then(() => "it is accepted", answerOf);
    if (answer.includes(`'${policyName("")}`)) return answer;
  }
  throw new Error(
    `the policies are there, but none of them refuses an unsafe Deployment in namespace ${namespace} after 60 s (the answer: ${answer}): ` +
      "is the admission plugin ValidatingAdmissionPolicy switched on?",
  );
}

/** A Deployment and not a Pod: Pod Security would refuse a Pod before these policies are asked. */
function unsafe(namespace: string): KubernetesObject {
  const labels = { app: "unsafe" };
  const containers = [{ name: "unsafe", image: "unsafe:latest", securityContext: { privileged: true } }];
  const spec = {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { hostNetwork: true, containers } },
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "production-platform-unsafe", namespace },
    spec,
  } as KubernetesObject;
}

async function ours(api: KubernetesObjectApi): Promise<KubernetesObject[]> {
  return (await Promise.all(kinds.map((kind) => ofKind(api, kind)))).flat();
}

async function ofKind<T extends KubernetesObject>(
  api: KubernetesObjectApi,
  kind: (typeof kinds)[number],
): Promise<T[]> {
  const { items } = await api.list<T>(
    apiVersion,
    kind,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    `${gateLabel.key}=${gateLabel.value}`,
  );
  return items.map((item) => ({ ...item, apiVersion, kind })); // items of a list do not say what they are
}

async function removeAll(api: KubernetesObjectApi, objects: readonly KubernetesObject[]): Promise<number> {
  for (const kind of kinds.toReversed()) {
    for (const object of objects.filter((candidate) => candidate.kind === kind)) await remove(api, object);
  }
  return objects.length;
}

async function remove(api: KubernetesObjectApi, object: KubernetesObject): Promise<void> {
  await ifThere(api.delete(object)); // somebody else may have removed it
}

/**
 * What an apply changes: the API server counts an object's own changes, and the type checker's report is none of them.
 */
function versionOf({ metadata }: KubernetesObject): number | string | undefined {
  return metadata?.generation ?? metadata?.resourceVersion;
}

function keyOf({ kind, metadata }: KubernetesObject): string {
  return `${kind}/${metadata?.name}`;
}
