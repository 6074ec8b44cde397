import type { types } from "@pulumi/kubernetes";
import type { Flow } from "../../components/capabilities/network-flows.ts";
import type { Manifest } from "../../scripts/support/declared-objects.ts";

type PolicySpec = types.output.networking.v1.NetworkPolicySpec;
type Peer = types.output.networking.v1.NetworkPolicyPeer;
type Labels = Readonly<Record<string, string>>;

/** Openings as `namespace: from -> to PROTOCOL/port`, each on the side where a policy makes it. */
export interface Openings {
  readonly ingress: ReadonlySet<string>;
  readonly egress: ReadonlySet<string>;
}

/** A system's flow table, and the apps without a flow that have a policy all the same. */
export interface Table {
  readonly flows: readonly Flow[];
  readonly others?: readonly string[];
  /** Apps that open no connection and ask for names all the same. */
  readonly resolving?: readonly string[];
}

const opening = (namespace: string, from: string, to: string, port: string) => `${namespace}: ${from} -> ${to} ${port}`;
/** The resolver's pods, and the address at which a node answers from its own cache. */
const resolvers = ['namespace kube-system {"k8s-app":"kube-dns"}', "169.254.20.10/32"];
const dns = ["UDP/53", "TCP/53"];

export const policies = (objects: readonly Manifest[], namespace?: string) =>
  objects
    .filter(
      ({ kind, metadata }) =>
        kind === "NetworkPolicy" &&
        metadata.name !== "default-deny" &&
        (namespace === undefined || metadata.namespace === namespace),
    )
    .map((object) => ({
      name: object.metadata.name,
      namespace: object.metadata.namespace!,
      spec: object["spec"] as PolicySpec,
    }));

/** Whether pods with these labels are among those selected. */
export const selects = (selector: Labels, labels: Labels): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

/** What the rendered policies open. Pods are called by the policy that selects them. */
export function rendered(objects: readonly Manifest[]): Openings {
  const [ingress, egress] = [new Set<string>(), new Set<string>()];
  for (const { name, namespace, spec } of policies(objects)) {
    const app = (labels: Labels) =>
      policies(objects, namespace).find(
        (each) => JSON.stringify(each.spec.podSelector.matchLabels) === JSON.stringify(labels),
      )?.name ?? `pods ${JSON.stringify(labels)}`;
    const peers = (list: readonly Peer[] | undefined) =>
      list?.length ? list.map((peer) => peerName(peer, app)) : ["everybody"];
    const ports = (list: readonly { protocol: string; port: number | string }[] | undefined) =>
      list?.length ? list.map(({ protocol, port }) => `${protocol}/${port}`) : ["every port"];
    for (const rule of spec.ingress ?? [])
      for (const from of peers(rule.from))
        for (const port of ports(rule.ports)) ingress.add(opening(namespace, from, name, port));
    for (const rule of spec.egress ?? [])
      for (const to of peers(rule.to))
        for (const port of ports(rule.ports)) egress.add(opening(namespace, name, to, port));
  }
  return { ingress, egress };
}

function peerName({ podSelector, namespaceSelector, ipBlock }: Peer, app: (labels: Labels) => string): string {
  if (ipBlock) return ipBlock.except ? `${ipBlock.cidr} except ${ipBlock.except.join()}` : ipBlock.cidr;
  if (!namespaceSelector) return app(podSelector.matchLabels);
  const name = namespaceSelector.matchLabels?.["kubernetes.io/metadata.name"];
  return `${name ? `namespace ${name}` : "every namespace"}${podSelector ? ` ${JSON.stringify(podSelector.matchLabels)}` : ""}`;
}

/**
 * What the flow tables, by namespace, say should be open: each flow on the sides where it has an app, and DNS for every
 * app that opens a connection.
 */
export function expected(tables: Readonly<Record<string, Table>>): Openings {
  const [ingress, egress] = [new Set<string>(), new Set<string>()];
  for (const [namespace, { flows, resolving = [] }] of Object.entries(tables)) {
    const asking = new Set(resolving);
    for (const { from, to, ports } of flows) {
      if ("app" in from) asking.add(from.app);
      for (const port of ports) {
        const line = opening(namespace, endName(from), endName(to), `TCP/${port}`);
        if ("app" in from) egress.add(line);
        if ("app" in to) ingress.add(line);
      }
    }
    for (const app of asking)
      for (const resolver of resolvers) for (const port of dns) egress.add(opening(namespace, app, resolver, port));
  }
  return { ingress, egress };
}

function endName(end: Flow["from"]): string {
  if ("app" in end) return end.app;
  if ("cidr" in end) return end.cidr;
  return `namespace ${end.namespace}${end.labels ? ` ${JSON.stringify(end.labels)}` : ""}`;
}

/** What one side has and the other has not, a sentence each. */
export function differences(found: Openings, wanted: Openings): string[] {
  return (["ingress", "egress"] as const)
    .flatMap((side) => [
      ...[...wanted[side]].filter((line) => !found[side].has(line)).map((line) => `${side} is closed: ${line}`),
      ...[...found[side]]
        .filter((line) => !wanted[side].has(line))
        .map((line) => `${side} is open to nobody's knowledge: ${line}`),
    ])
    .sort();
}

/** Labels of the pods of every workload and job. */
export function podLabels(
  objects: readonly Manifest[],
): { readonly name: string; readonly namespace: string; readonly labels: Labels }[] {
  return objects.flatMap((object) => {
    const spec = object["spec"] as
      | {
          template?: { metadata?: { labels: Labels } };
          jobTemplate?: { spec: { template: { metadata: { labels: Labels } } } };
        }
      | undefined;
    const labels = spec?.jobTemplate?.spec.template.metadata.labels ?? spec?.template?.metadata?.labels;
    return ["Deployment", "StatefulSet", "Job", "CronJob"].includes(object.kind)
      ? [{ name: `${object.kind}/${object.metadata.name}`, namespace: object.metadata.namespace!, labels: labels! }]
      : [];
  });
}
