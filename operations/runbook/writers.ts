import {
  AppsV1Api,
  AutoscalingV2Api,
  BatchV1Api,
  CoreV1Api,
  NetworkingV1Api,
  type V1ObjectMeta,
} from "@kubernetes/client-node";
import type { Right, Scope } from "./verb.ts";

/** A field of an object that somebody else than the stack or a controller wrote. */
export interface Written {
  /** `Deployment bgc-api`. */
  readonly object: string;
  /** The program that wrote it, as the API server was told: `kubectl-edit`. */
  readonly writer: string;
  readonly at?: string;
  /** `spec.replicas`. */
  readonly fields: readonly string[];
}

/** What finding them needs. */
export const rightsOfWriters: readonly Right[] = [
  { group: "apps", resource: "deployments", verbs: ["list"] },
  { group: "apps", resource: "statefulsets", verbs: ["list"] },
  { group: "autoscaling", resource: "horizontalpodautoscalers", verbs: ["list"] },
  { group: "batch", resource: "cronjobs", verbs: ["list"] },
  { group: "networking.k8s.io", resource: "ingresses", verbs: ["list"] },
  { group: "networking.k8s.io", resource: "networkpolicies", verbs: ["list"] },
  { group: "", resource: "configmaps", verbs: ["list"] },
  { group: "", resource: "services", verbs: ["list"] },
];

/** The stack, and programs that write what is theirs. */
const expected = /^(?:pulumi|runbook$|kube-|kubelet|k3s|k8s|cert-manager|keda|traefik|ingress|controller|manager$)/;

/** Fields of a namespace's declared kinds that a person or a program of theirs wrote; the newest first. */
export async function writtenByHand(namespace: string, { kubeConfig }: Scope): Promise<Written[]> {
  const apps = kubeConfig.makeApiClient(AppsV1Api);
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const networking = kubeConfig.makeApiClient(NetworkingV1Api);
  const lists = await Promise.all(
    Object.entries({
      Deployment: apps.listNamespacedDeployment({ namespace }),
      StatefulSet: apps.listNamespacedStatefulSet({ namespace }),
      HorizontalPodAutoscaler: kubeConfig
        .makeApiClient(AutoscalingV2Api)
        .listNamespacedHorizontalPodAutoscaler({ namespace }),
      CronJob: kubeConfig.makeApiClient(BatchV1Api).listNamespacedCronJob({ namespace }),
      Ingress: networking.listNamespacedIngress({ namespace }),
      NetworkPolicy: networking.listNamespacedNetworkPolicy({ namespace }),
      ConfigMap: core.listNamespacedConfigMap({ namespace }),
      Service: core.listNamespacedService({ namespace }),
    }).map(async ([kind, reading]) => {
      const { items } = (await reading) as { readonly items: readonly { readonly metadata?: V1ObjectMeta }[] };
      return items.flatMap(({ metadata }) => writersOf(kind, metadata ?? {}));
    }),
  );
  return lists.flat().sort((one, other) => (other.at ?? "").localeCompare(one.at ?? ""));
}

const writersOf = (kind: string, { name, managedFields = [] }: V1ObjectMeta): Written[] =>
  managedFields
    .filter(({ manager = "", subresource }) => subresource !== "status" && !expected.test(manager))
    .map(({ manager = "somebody", time, fieldsV1 }) => ({
      object: `${kind} ${name}`,
      writer: manager,
      ...(time && { at: `${new Date(time).toISOString().slice(0, 19)}Z` }),
      fields: fieldsOf((fieldsV1 ?? {}) as Tree),
    }));

interface Tree {
  readonly [field: string]: Tree;
}

/** Two names deep: `f:spec` with `f:replicas` below it is `spec.replicas`. */
function fieldsOf(tree: Tree): string[] {
  const below = (part: Tree) => Object.keys(part).flatMap((field) => (field.startsWith("f:") ? [field.slice(2)] : []));
  return below(tree).flatMap((field) => {
    const inner = below(tree[`f:${field}`]!);
    return inner.length === 0 ? [field] : inner.map((name) => `${field}.${name}`);
  });
}
