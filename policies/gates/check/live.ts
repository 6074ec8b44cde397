import { scalerKinds, targetOf } from "../../facts/autoscalers.ts";
import { kindOf } from "../../model/kind-groups.ts";
import { fromManifest } from "../../model/kubernetes-object.ts";
import { NotEvaluable } from "../../model/not-evaluable.ts";
import type { KubernetesObject, Manifest } from "../../model/kubernetes-object.ts";
import { podKinds } from "../../model/pod-spec-walker.ts";
import type { Rule } from "../../rules/rule.ts";
import { ApiError } from "./api-client.ts";
import type { Get } from "./api-client.ts";
import { discover } from "./discovery.ts";
import type { Resource } from "./discovery.ts";

/** What was read from a cluster. */
export interface Cluster {
  readonly objects: readonly KubernetesObject[];
  /** Kinds that could not be listed, each as an object of which nothing is known. */
  readonly unseen: readonly KubernetesObject[];
}

const pageSize = 500;
const parallelRequests = 6;
/** Names that begin so are reserved for Kubernetes itself. */
const systemPrefix = "kube-";
/** On the roles that every API server makes by itself. */
const bootstrapLabel = "kubernetes.io/bootstrapping";

/** Kinds that rules look up for others: what is not read would seem not to be there. */
const lookedUp = [
  "ConfigMap",
  "Secret",
  "SealedSecret",
  "ExternalSecret",
  "Certificate",
  "KafkaTopic",
  "ResourceQuota",
  "LimitRange",
  "StorageClass",
];

/** The kinds to read for some rules. */
export function kindsOf(rules: readonly Rule[]): ReadonlySet<string> {
  return new Set([...lookedUp, ...rules.flatMap(({ kinds }) => kinds).filter((kind) => kind !== "*")]);
}

/**
 * Reads all objects of some kinds, or those of one namespace. Left out are the system's own namespaces and roles,
 * unless a namespace of them
 * is named, and what belongs to an object that is judged itself, as pods to their Deployment. Throws an {@link
 * ApiError} where nothing can be read.
 */
export async function readCluster(get: Get, kinds: ReadonlySet<string>, namespace?: string): Promise<Cluster> {
  const { resources, failed } = await discover(get, kinds);
  const wanted = resources.filter(
    ({ namespaced, kind }) => namespace === undefined || namespaced || kind === "Namespace",
  );
  const manifests: Manifest[] = [];
  const unseen: KubernetesObject[] = [];
  const queue = [...wanted];
  const worker = async () => {
    for (let resource = queue.shift(); resource !== undefined; resource = queue.shift()) {
      try {
        for (const manifest of await list(get, resource, namespace))
          if (isJudged(manifest, namespace)) manifests.push(manifest);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status === 401 || error.status === 0) throw error;
        unseen.push(unseenObject(kindOf(resource.apiVersion, resource.kind), error.message));
      }
    }
  };
  await Promise.all(Array.from({ length: parallelRequests }, worker));
  const known = new Set(resources.map(({ apiVersion, kind }) => kindOf(apiVersion, kind)));
  if (failed.length > 0) {
    const reason = failed.map(({ groupVersion, reason: why }) => `${groupVersion} does not answer (${why})`).join(", ");
    unseen.push(...[...kinds].filter((kind) => !known.has(kind)).map((kind) => unseenObject(kind, reason)));
  }
  return { objects: withoutScaledReplicas(manifests.flatMap((manifest) => fromManifest(manifest))), unseen };
}

/** All pages of a list; once more from the beginning where a page came too late for the server. */
async function list(get: Get, resource: Resource, namespace?: string, restarted = false): Promise<Manifest[]> {
  const { root, plural, namespaced, apiVersion, kind } = resource;
  const path = `${root}${namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : ""}/${plural}`;
  const chosen =
    !namespaced && namespace !== undefined ? `&fieldSelector=${encodeURIComponent(`metadata.name=${namespace}`)}` : "";
  const items: Manifest[] = [];
  let next = "";
  do {
    try {
      const page = (await get(
        `${path}?limit=${pageSize}${chosen}${next === "" ? "" : `&continue=${encodeURIComponent(next)}`}`,
      )) as { items?: Manifest[]; metadata?: { continue?: string } };
      items.push(...(page.items ?? []).map((item) => ({ apiVersion, kind, ...item })));
      next = page.metadata?.continue ?? "";
    } catch (error) {
      if (error instanceof ApiError && error.status === 410 && !restarted) return list(get, resource, namespace, true);
      if (error instanceof ApiError && error.status === 404) return items;
      throw error;
    }
  } while (next !== "");
  return items;
}

function isJudged(
  { apiVersion = "", kind: name = "", metadata = {} }: Manifest,
  namespace: string | undefined,
): boolean {
  const kind = kindOf(apiVersion, name);
  const home = kind === "Namespace" ? metadata.name : metadata.namespace;
  if (namespace === undefined && home?.startsWith(systemPrefix)) return false;
  if (metadata.labels?.[bootstrapLabel] !== undefined) return false;
  const owner = (
    metadata.ownerReferences as readonly { apiVersion?: string; kind?: string; controller?: boolean }[] | undefined
  )?.find(({ controller }) => controller === true);
  // Pods of an operator's own kind are judged: nothing else shows what they run.
  return owner === undefined || !isPodKind(kind) || !isPodKind(kindOf(owner.apiVersion ?? "", owner.kind ?? ""));
}

function isPodKind(kind: string | undefined): boolean {
  return (podKinds as readonly (string | undefined)[]).includes(kind);
}

/** In a cluster every workload has a number of replicas. Where an autoscaler sets it, nobody declared it. */
function withoutScaledReplicas(objects: readonly KubernetesObject[]): KubernetesObject[] {
  const scaled = new Set(
    objects
      .filter(({ kind }) => (scalerKinds as readonly string[]).includes(kind))
      .map((scaler) => {
        const { kind, name } = targetOf(scaler);
        return `${kind} ${scaler.namespace}/${name}`;
      }),
  );
  return objects.flatMap((object) => {
    const spec = object.manifest["spec"];
    if (!scaled.has(object.ref) || typeof spec !== "object" || spec === null) return [object];
    const { replicas: _, ...rest } = spec as { replicas?: number };
    return fromManifest({ ...object.manifest, spec: rest });
  });
}

/** Stands for all objects of a kind: whoever looks for one learns why nobody can tell whether it is there. */
function unseenObject(kind: string, reason: string): KubernetesObject {
  const unseen = `${kind} objects cannot be listed: ${reason}`;
  const unknown = (): never => {
    throw new NotEvaluable(unseen);
  };
  return {
    apiVersion: "",
    kind,
    ref: `${kind} (all)`,
    unseen,
    manifest: new Proxy({}, { get: unknown, ownKeys: unknown, has: unknown }),
    get name() {
      return unknown();
    },
    get namespace() {
      return unknown();
    },
    get labels() {
      return unknown();
    },
    get annotations() {
      return unknown();
    },
  };
}
