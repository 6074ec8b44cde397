import { known } from "./not-evaluable.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";
import { ownsNamespace } from "./object-index.ts";
import type { ObjectIndex } from "./object-index.ts";

/**
 * Kinds outside Kubernetes' own API groups that make no workload, Service, claim or account, and no Secret but the one
 * they name.
 */
const bystanders = new Set([
  "SealedSecret",
  "ExternalSecret",
  "SecretStore",
  "Certificate",
  "Issuer",
  "ScaledObject",
  "TriggerAuthentication",
  "ServiceMonitor",
  "PodMonitor",
  "PrometheusRule",
  "Probe",
  "Schedule",
  "Backup",
  "IngressRoute",
  "Middleware",
  "HTTPProxy",
  "CiliumNetworkPolicy",
  "VirtualService",
  "DestinationRule",
  "PeerAuthentication",
  "AuthorizationPolicy",
  "VerticalPodAutoscaler",
  "NetworkPolicy.projectcalico.org",
  "NetworkPolicy.crd.projectcalico.org",
  "GlobalNetworkPolicy",
  "Rollout",
]);

/**
 * Whether what a namespace does not declare is really not there: the stack declares the namespace itself, and no
 * operator's object in it
 * (a Postgres cluster, a Kafka) may make more than anybody can see.
 */
export function seesAllOf(namespace: string, objects: ObjectIndex): boolean {
  return ownsNamespace(namespace, objects) && !objects.once(namespacesOfOperators).has(namespace);
}

function namespacesOfOperators(objects: readonly KubernetesObject[]): ReadonlySet<string> {
  const namespaces = new Set<string>();
  for (const object of objects) {
    const namespace =
      isKubernetesOwn(object.apiVersion) || bystanders.has(object.kind) ? undefined : known(() => object.namespace);
    if (namespace !== undefined) namespaces.add(namespace);
  }
  return namespaces;
}

/**
 * `v1`, `apps/v1`, `networking.k8s.io/v1`; but not `jobset.x-k8s.io/v1alpha2`, whose objects belong to controllers of
 * their own.
 */
function isKubernetesOwn(apiVersion: string): boolean {
  const [group = "", version] = apiVersion.split("/");
  return version === undefined || !group.includes(".") || group.endsWith(".k8s.io");
}

/**
 * The Secret of a name, or the object that makes it; undefined where there is none. Throws where a Secret's name is not
 * known yet.
 */
export function secretSource(name: string, namespace: string, objects: ObjectIndex): KubernetesObject | undefined {
  return objects.named("Secret", namespace, name) ?? objects.once(secretMakers).get(`${namespace} ${name}`);
}

function secretMakers(objects: readonly KubernetesObject[]): ReadonlyMap<string, KubernetesObject> {
  const makers = new Map<string, KubernetesObject>();
  for (const object of objects) {
    for (const name of known(() => secretsMadeBy(object)) ?? [])
      makers.set(`${known(() => object.namespace)} ${name}`, object);
  }
  return makers;
}

function secretsMadeBy(object: KubernetesObject): readonly (string | undefined)[] {
  const spec = (object.manifest["spec"] ?? {}) as {
    readonly secretName?: string;
    readonly target?: { readonly name?: string };
    readonly tls?: readonly { readonly secretName?: string }[];
  };
  switch (object.kind) {
    case "SealedSecret":
      return [object.name];
    case "ExternalSecret":
      return [spec.target?.name ?? object.name];
    case "Certificate":
      return [spec.secretName];
    // cert-manager makes the Certificates of an annotated Ingress itself
    case "Ingress":
      return isIssuedFor(object) ? (spec.tls ?? []).map(({ secretName }) => secretName) : [];
    default:
      return [];
  }
}

/** Whether an Ingress asks cert-manager, by its annotations, for the certificates it names. */
export function isIssuedFor(ingress: KubernetesObject): boolean {
  return ["cert-manager.io/cluster-issuer", "cert-manager.io/issuer", "kubernetes.io/tls-acme"].some(
    (key) => key in ingress.annotations,
  );
}
