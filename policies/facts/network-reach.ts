import type { V1NetworkPolicyPeer, V1NetworkPolicyPort } from "@kubernetes/client-node";
import { parseImage } from "../model/image-reference.ts";
import type { KubernetesObject } from "../model/kubernetes-object.ts";
import { deniedBy, policySpec, typesOf } from "./network-policies.ts";
import { containersOf, podOf } from "../model/pod-spec-walker.ts";
import { selecting, workloadsSelected } from "./selected-pods.ts";
import { matchesAll, selects } from "../model/label-selectors.ts";
import type { ObjectIndex } from "../model/object-index.ts";

/** Who asks for a connection. An ingress controller is whoever is not of the namespace. */
export type Peer = KubernetesObject | "ingress controller";

const directions = { ingress: ["Ingress", "from"], egress: ["Egress", "to"] } as const;
type Direction = keyof typeof directions;

/**
 * Whether the policies that select a workload's pods let them have connections with a peer: all where none is about the
 * direction.
 */
export function lets(
  direction: Direction,
  workload: KubernetesObject,
  peer: Peer,
  port: number,
  objects: ObjectIndex,
): boolean {
  const [type, field] = directions[direction];
  const policies = [...selecting("NetworkPolicy", podOf(workload)?.labels ?? {}, workload.namespace, objects)].filter(
    (policy) => typesOf(policy).includes(type),
  );
  const target = direction === "ingress" ? workload : peer;
  // Pods under nothing but the default denial are X05-flows-declared's.
  return (
    policies.every((policy) => deniedBy(policy).length > 0) ||
    policies.some((policy) =>
      (policySpec(policy)[direction] ?? []).some((rule) => {
        const peers = ((rule as Record<string, unknown>)[field] ?? []) as readonly V1NetworkPolicyPeer[];
        return (
          (peers.length === 0 || peers.some((each) => isMeant(each, peer, policy.namespace, objects))) &&
          opens(rule.ports ?? [], port, target)
        );
      }),
    )
  );
}

/** A block of addresses may hold any peer. */
function isMeant(
  { ipBlock, namespaceSelector, podSelector }: V1NetworkPolicyPeer,
  peer: Peer,
  namespace: string,
  objects: ObjectIndex,
): boolean {
  if (ipBlock) return true;
  if (peer === "ingress controller") {
    // It may run in the namespace too, as one of the pods that the stack does not declare, or as one whose image says
    // so.
    const declared = namespaceSelector ? [] : [...workloadsSelected(podSelector, namespace, objects)];
    return declared.length === 0 || matchesAll(podSelector ?? {}) || declared.some(isController);
  }
  const isThere = namespaceSelector
    ? selects(namespaceSelector, labelsOfNamespace(peer.namespace, objects))
    : peer.namespace === namespace;
  return isThere && (!podSelector || selects(podSelector, podOf(peer)?.labels ?? {}));
}

function isController(workload: KubernetesObject): boolean {
  const pod = podOf(workload);
  return (pod === undefined ? [] : [...containersOf(pod)]).some(({ spec }) =>
    /ingress|nginx|traefik|haproxy|contour|envoy|kong|caddy/.test(parseImage(spec.image ?? "").repository),
  );
}

/** Kubernetes itself labels each namespace by its name. */
function labelsOfNamespace(namespace: string, objects: ObjectIndex): Readonly<Record<string, string>> {
  return { ...objects.named("Namespace", "", namespace)?.labels, "kubernetes.io/metadata.name": namespace };
}

function opens(ports: readonly V1NetworkPolicyPort[], wanted: number, target: Peer): boolean {
  return (
    ports.length === 0 ||
    ports.some(({ port, endPort }) => {
      if (port === undefined || port === null) return true;
      if (typeof port === "number") return port <= wanted && wanted <= (endPort ?? port);
      return target === "ingress controller" || portNamed(target, port) === wanted;
    })
  );
}

/** The number of a container's port. */
export function portNamed(workload: KubernetesObject, name: string): number | undefined {
  const pod = podOf(workload);
  return (pod === undefined ? [] : [...containersOf(pod)])
    .flatMap(({ spec }) => spec.ports ?? [])
    .find((port) => port.name === name)?.containerPort;
}
