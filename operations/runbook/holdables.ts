import {
  AppsV1Api,
  AutoscalingV2Api,
  BatchV1Api,
  type ConfigurationOptions,
  CustomObjectsApi,
  NetworkingV1Api,
  PatchStrategy,
  setHeaderOptions,
  type V1ObjectMeta,
} from "@kubernetes/client-node";
import { ifThere } from "../api-answer.ts";
import type { Holdable } from "./held-object.ts";
import { fieldManager } from "./suspended-by.ts";
import type { Right, Scope } from "./verb.ts";

/** What holding and letting go need. */
export const rightsOfHolding: readonly Right[] = [
  { group: "apps", resource: "deployments", verbs: ["get", "list", "patch"] },
  { group: "batch", resource: "cronjobs", verbs: ["get", "list", "patch"] },
  { group: "keda.sh", resource: "scaledobjects", verbs: ["get", "list", "patch"] },
  { group: "networking.k8s.io", resource: "ingresses", verbs: ["get", "list", "patch"] },
];

/** What of a namespace a maintenance may hold. */
export interface Holdables {
  readonly ingresses: readonly Holdable[];
  readonly scaledObjects: readonly Holdable[];
  readonly cronJobs: readonly Holdable[];
  readonly deployments: readonly Holdable[];
}

interface Kept {
  readonly metadata?: V1ObjectMeta;
  readonly spec?: object;
}
interface At {
  readonly namespace: string;
  readonly name: string;
}

const scaledObject = { group: "keda.sh", version: "v1alpha1", plural: "scaledobjects" };
const merging = () => setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
type Write = At & { readonly body: object; readonly fieldManager: string };

/** All objects of a kind, by the calls that its API has. */
async function allOf(
  kind: string,
  namespace: string,
  list: Promise<{ readonly items: readonly Kept[] } | undefined>,
  read: (at: At) => Promise<Kept>,
  write: (change: Write, options: ConfigurationOptions) => Promise<unknown>,
): Promise<Holdable[]> {
  const of = ({ metadata = {}, spec = {} }: Kept): Holdable => {
    const at = { namespace, name: metadata.name! };
    return {
      kind,
      name: at.name,
      metadata,
      spec: spec as Holdable["spec"],
      again: async () => of(await read(at)),
      patch: (body) => write({ ...at, body, fieldManager }, merging()),
    };
  };
  return ((await list)?.items ?? []).map(of);
}

/** What a maintenance may hold. */
export async function holdablesOf(namespace: string, scope: Scope): Promise<Holdables> {
  const apps = scope.kubeConfig.makeApiClient(AppsV1Api);
  const networking = scope.kubeConfig.makeApiClient(NetworkingV1Api);
  const [deployments, cronJobs, ingresses, scaledObjects] = await Promise.all([
    allOf(
      "Deployment",
      namespace,
      apps.listNamespacedDeployment({ namespace }),
      (at) => apps.readNamespacedDeployment(at),
      (change, options) => apps.patchNamespacedDeployment(change, options),
    ),
    cronJobsOf(namespace, scope),
    allOf(
      "Ingress",
      namespace,
      networking.listNamespacedIngress({ namespace }),
      (at) => networking.readNamespacedIngress(at),
      (change, options) => networking.patchNamespacedIngress(change, options),
    ),
    scaledObjectsOf(namespace, scope),
  ]);
  return { deployments, cronJobs, ingresses, scaledObjects };
}

/** KEDA's, which own the autoscalers that they make. A cluster without KEDA knows no such kind. */
export function scaledObjectsOf(namespace: string, { kubeConfig }: Scope): Promise<Holdable[]> {
  const api = kubeConfig.makeApiClient(CustomObjectsApi);
  return allOf(
    "ScaledObject",
    namespace,
    ifThere(api.listNamespacedCustomObject({ ...scaledObject, namespace })) as Promise<
      { readonly items: readonly Kept[] } | undefined
    >,
    (at) => api.getNamespacedCustomObject({ ...scaledObject, ...at }) as Promise<Kept>,
    (change, options) => api.patchNamespacedCustomObject({ ...scaledObject, ...change }, options),
  );
}

export function cronJobsOf(namespace: string, { kubeConfig }: Scope): Promise<Holdable[]> {
  const api = kubeConfig.makeApiClient(BatchV1Api);
  return allOf(
    "CronJob",
    namespace,
    api.listNamespacedCronJob({ namespace }),
    (at) => api.readNamespacedCronJob(at),
    (change, options) => api.patchNamespacedCronJob(change, options),
  );
}

export function autoscalersOf(namespace: string, { kubeConfig }: Scope): Promise<Holdable[]> {
  const api = kubeConfig.makeApiClient(AutoscalingV2Api);
  return allOf(
    "HorizontalPodAutoscaler",
    namespace,
    api.listNamespacedHorizontalPodAutoscaler({ namespace }),
    (at) => api.readNamespacedHorizontalPodAutoscaler(at),
    (change, options) => api.patchNamespacedHorizontalPodAutoscaler(change, options),
  );
}
