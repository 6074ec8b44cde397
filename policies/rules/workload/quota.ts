import type { V1LimitRangeItem, V1ResourceQuotaSpec } from "@kubernetes/client-node";
import { inMebibytes, parseQuantity } from "../../../settings/quantity.ts";
import { keptInIndex } from "../../model/kept-in-index.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { podDemand, podsAtMost, podsKept } from "../../facts/pod-demand.ts";
import type { Resource } from "../../facts/pod-demand.ts";
import { containersOf, podKinds, podOf, workloadKinds } from "../../model/pod-spec-walker.ts";
import { maximumReplicas } from "../../facts/replicas.ts";
import type { Rule, StackRule } from "../rule.ts";
import type { ObjectIndex } from "../../model/object-index.ts";

const base = { scope: "stack", row: ["X02"], severity: "high" } as const;

/** What a quota limits, and which of its names mean the same. */
const ofPods: Readonly<Record<string, Resource>> = Object.fromEntries(
  ["cpu", "memory", "ephemeral-storage"].flatMap(
    (name) =>
      [
        [name, { list: "requests", name }],
        [`requests.${name}`, { list: "requests", name }],
        [`limits.${name}`, { list: "limits", name }],
      ] as const,
  ),
);

const quotaFits: StackRule = {
  ...base,
  id: "X02-quota-fits",
  kinds: ["ResourceQuota"],
  title: "A namespace's workloads fit into its quota at their largest",
  rationale:
    "The API server refuses the pod that is too many: the autoscaler stops below its maximum, a rollout stands still, tonight's backup does not start.",
  remediation:
    'spec:\n  hard:\n    requests.cpu: "8"   # all replicas at their maximum, those of a rollout beside them, and all jobs at once',
  admission: { beyondCel: "The workloads, their autoscalers and claims are other objects." },
  *check(object, objects) {
    const { hard = {}, scopes = [], scopeSelector } = (object.manifest["spec"] ?? {}) as V1ResourceQuotaSpec;
    if (scopes.length > 0 || scopeSelector) return; // such a quota is for some pods only
    for (const [name, written] of Object.entries(hard)) {
      const limit = parseQuantity(written);
      const demands = limit === undefined ? undefined : demandsOn(objects, object.namespace, name);
      if (limit === undefined || demands === undefined) continue;
      const total = demands.reduce((sum, { amount }) => sum + amount, 0);
      // Sums of thousandths are not exact.
      if (total <= limit * (1 + 1e-9)) continue;
      const [largest] = demands;
      yield {
        path: `spec.hard["${name}"]`,
        message:
          `${name} is ${written}, but all workloads at their largest ask for ${shown(total, name)}; ` +
          `the most is for ${largest?.ref}: ${shown(largest?.amount ?? 0, name)}`,
      };
    }
  },
};

interface Demand {
  readonly ref: string;
  readonly amount: number;
}

/**
 * What asks for a quota's resource in its namespace, the largest first; undefined for one that is not counted here.
 * Several quotas may limit the same.
 */
const demandsOn = keptInIndex((objects, namespace: string, name: string): readonly Demand[] | undefined =>
  demandsIn(name, namespace, objects)?.sort((one, other) => other.amount - one.amount),
);

function demandsIn(name: string, namespace: string, objects: ObjectIndex): Demand[] | undefined {
  const resource = ofPods[name];
  if (resource !== undefined || name === "pods") {
    const ofPod = (workload: KubernetesObject) => (resource === undefined ? 1 : podDemand(workload, resource));
    return workloadsIn(namespace, objects).map((workload) => ({
      ref: workload.ref,
      amount: podsAtMost(workload, objects) * ofPod(workload),
    }));
  }
  if (name === "requests.storage" || name === "persistentvolumeclaims") {
    return claimsIn(namespace, objects).map(({ ref, size, count }) => ({
      ref,
      amount: name === "requests.storage" ? size * count : count,
    }));
  }
  return undefined;
}

/** On a cluster a pod is its ReplicaSet's, and that its Deployment's: only what nobody owns is counted. */
function workloadsIn(namespace: string, objects: ObjectIndex): KubernetesObject[] {
  const workloads = workloadKinds.flatMap((kind) => objects.inNamespace(kind, namespace));
  return workloads.filter((workload) => (workload.manifest.metadata?.ownerReferences ?? []).length === 0);
}

interface Claim {
  readonly metadata?: { readonly name?: string; readonly ownerReferences?: readonly { readonly kind: string }[] };
  readonly spec?: { readonly resources?: { readonly requests?: Readonly<Record<string, string>> } };
}

const sizeOf = ({ spec }: Claim) => parseQuantity(spec?.resources?.requests?.["storage"]) ?? 0;

function claimsIn(
  namespace: string,
  objects: ObjectIndex,
): { readonly ref: string; readonly size: number; readonly count: number }[] {
  const templates = objects.inNamespace("StatefulSet", namespace).flatMap((set) => {
    const { volumeClaimTemplates = [] } = (set.manifest["spec"] ?? {}) as { volumeClaimTemplates?: readonly Claim[] };
    const count = maximumReplicas(set, objects);
    return volumeClaimTemplates.map((template) => ({
      ref: set.ref,
      prefix: `${template.metadata?.name}-${set.name}`,
      size: sizeOf(template),
      count,
    }));
  });
  // On a cluster the claims that were made of a template are there as well.
  const made = new Set(templates.map(({ prefix }) => prefix));
  const claims = objects
    .inNamespace("PersistentVolumeClaim", namespace)
    .filter(({ name, manifest }) => !made.has(name.replace(/-\d+$/, "")) && !isScratch(manifest as Claim));
  return [
    ...templates,
    ...scratchIn(namespace, objects),
    ...claims.map((claim) => ({ ref: claim.ref, size: sizeOf(claim.manifest as Claim), count: 1 })),
  ];
}

/** Claims that are made and deleted with each pod. */
function scratchIn(
  namespace: string,
  objects: ObjectIndex,
): { readonly ref: string; readonly size: number; readonly count: number }[] {
  return workloadsIn(namespace, objects).flatMap((workload) =>
    (podOf(workload)?.spec.volumes ?? []).flatMap(({ ephemeral }) =>
      ephemeral?.volumeClaimTemplate
        ? [
            {
              ref: workload.ref,
              size: sizeOf(ephemeral.volumeClaimTemplate as Claim),
              count: podsKept(workload, objects),
            },
          ]
        : [],
    ),
  );
}

const isScratch = ({ metadata }: Claim) => metadata?.ownerReferences?.some(({ kind }) => kind === "Pod") === true;

/** A sum as the quota would write it. */
function shown(amount: number, name: string): string {
  if (/memory|storage/.test(name)) return inMebibytes(amount);
  return name.includes("cpu") ? `${Math.ceil(amount * 1000 - 1e-6)}m` : `${amount}`;
}

const limitRange: StackRule = {
  ...base,
  id: "X02-limit-range-fits",
  kinds: podKinds,
  title: "Containers stay within their namespace's limit range",
  rationale: "The API server refuses the pod, and a workload that makes it looks applied while it has none.",
  remediation: "resources:\n  limits:\n    memory: 1Gi   # between min and max of the namespace's LimitRange",
  admission: { beyondCel: "The LimitRange is another object." },
  *check(object, objects) {
    const pod = podOf(object);
    if (pod === undefined) return;
    for (const range of objects.inNamespace("LimitRange", object.namespace)) {
      const { limits = [] } = (range.manifest["spec"] ?? {}) as { limits?: readonly V1LimitRangeItem[] };
      for (const { max = {}, min = {} } of limits.filter(({ type }) => type === "Container")) {
        for (const { role, spec, path } of containersOf(pod)) {
          if (role === "ephemeral") continue;
          for (const [list, bounds, direction] of [
            ["limits", max, "above the max"],
            ["requests", min, "below the min"],
          ] as const) {
            for (const [resource, bound] of Object.entries(bounds)) {
              const value = spec.resources?.[list]?.[resource];
              const distance = (parseQuantity(value) ?? NaN) - (parseQuantity(bound) ?? NaN);
              if (!(direction === "above the max" ? distance > 0 : distance < 0)) continue;
              const message = `${resource} ${list.slice(0, -1)} ${value} is ${direction} ${bound} of ${range.ref}`;
              yield { path: `${path}.resources.${list}`, message, container: spec.name };
            }
          }
        }
      }
    }
  },
};

/** X02: what the namespace allows is enough for what is declared in it, and is kept. */
export const quotaRules: readonly Rule[] = [quotaFits, limitRange];
