import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

type Peer = k8s.types.input.networking.v1.NetworkPolicyPeer;

/** One end of a flow: an app of this namespace, pods of another namespace, or addresses. */
export type Endpoint =
  | { readonly app: string }
  | { readonly namespace: string; readonly labels?: Readonly<Record<string, string>> }
  | { readonly cidr: string };

/** One end outside the namespace: pods of another one, or addresses. */
export type Outsider = Exclude<Endpoint, { readonly app: string }>;

/** A connection that exists: who opens it, to whom, on which TCP ports. */
export interface Flow {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly ports: readonly number[];
}

/** Short form for flows inside one namespace: `flow("bgc-api", "postgres", 5432)`. */
export const flow = (from: string, to: string, ...ports: number[]): Flow => ({
  from: { app: from },
  to: { app: to },
  ports,
});

/** Lets each of those outside reach an app: `flowsFrom(context.ingressFrom, "bgc-api", 8080)`. */
export const flowsFrom = (outsiders: readonly Outsider[], app: string, ...ports: number[]): Flow[] =>
  outsiders.map((from) => ({ from, to: { app }, ports }));

/** Lets those who monitor fetch the metrics of apps, by the port of each. */
export const metricsFlows = (monitoring: readonly Outsider[], ports: Readonly<Record<string, number>>): Flow[] =>
  Object.entries(ports).flatMap(([app, port]) => flowsFrom(monitoring, app, port));

/**
 * What an app calls outside the cluster, where its stack knows of such servers: each of their addresses on each port.
 */
export const egressFlows = (
  app: string,
  egress: { readonly cidrs: readonly string[]; readonly ports: readonly number[] } | undefined,
): Flow[] => egress?.cidrs.map((cidr) => ({ from: { app }, to: { cidr }, ports: egress.ports })) ?? [];

export interface NetworkFlowsArgs {
  readonly namespace: pulumi.Input<string>;
  readonly flows: readonly Flow[];
  /** Apps that exist and take part in no flow: they reach nobody, and nobody reaches them. @default [] */
  readonly others?: readonly string[];
  /** Apps of the flows that open no connection and ask for names all the same. @default [] */
  readonly resolving?: readonly string[];
  /** Labels of an app's pods. @default `{ app: <its name> }` */
  readonly selectors?: Selectors;
  /**
   * Addresses of the name service besides its pods: those at which each node answers from its own cache.
   * @default {@link nodeLocalDns}
   */
  readonly dnsCidrs?: readonly string[];
}

/**
 * Where NodeLocal DNSCache listens on every node unless it was told otherwise; nobody else has this link-local address.
 */
export const nodeLocalDns = ["169.254.20.10/32"] as const;

type Selectors = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * Denies everything in a namespace, then allows exactly the flows given: each app's policy opens the ingress and the
 * egress side of its flows. Only an app that opens connections may ask the cluster's resolver, which is a way out where
 * it forwards (X05).
 */
export class NetworkFlows extends pulumi.ComponentResource {
  constructor(name: string, args: NetworkFlowsArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:capability:NetworkFlows", name, {}, options);
    const policy = (policyName: string, spec: k8s.types.input.networking.v1.NetworkPolicySpec) =>
      new k8s.networking.v1.NetworkPolicy(
        `${name}-${policyName}`,
        { metadata: { name: policyName, namespace: args.namespace }, spec },
        { parent: this },
      );
    policy("default-deny", { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    for (const app of apps(args)) policy(app, policySpec(app, args.flows, args));
    this.registerOutputs({});
  }
}

const apps = ({ flows, others = [] }: NetworkFlowsArgs): string[] =>
  [
    ...new Set([
      ...flows.flatMap(({ from, to }) => [from, to]).flatMap((end) => ("app" in end ? [end.app] : [])),
      ...others,
    ]),
  ].sort();

/** The NetworkPolicy of one app, from the flows it takes part in. */
export function policySpec(
  app: string,
  flows: readonly Flow[],
  {
    selectors = {},
    dnsCidrs = nodeLocalDns,
    resolving = [],
  }: Pick<NetworkFlowsArgs, "selectors" | "dnsCidrs" | "resolving"> = {},
): k8s.types.input.networking.v1.NetworkPolicySpec {
  const peer = (end: Endpoint) => peerOf(end, selectors);
  const isApp = (end: Endpoint) => "app" in end && end.app === app;
  const ports = (flow: Flow) => flow.ports.map((port) => ({ protocol: "TCP", port }));
  const opened = flows.filter(({ from }) => isApp(from));
  const dns = {
    to: [
      peer({ namespace: "kube-system", labels: { "k8s-app": "kube-dns" } }),
      ...dnsCidrs.map((cidr) => peer({ cidr })),
    ],
    ports: [
      { protocol: "UDP", port: 53 },
      { protocol: "TCP", port: 53 },
    ],
  };
  return {
    podSelector: { matchLabels: selectors[app] ?? { app } },
    policyTypes: ["Ingress", "Egress"],
    ingress: flows.filter(({ to }) => isApp(to)).map((flow) => ({ from: [peer(flow.from)], ports: ports(flow) })),
    egress: [
      ...(opened.length > 0 || resolving.includes(app) ? [dns] : []),
      ...opened.map((flow) => ({ to: [peer(flow.to)], ports: ports(flow) })),
    ],
  };
}

function peerOf(end: Endpoint, selectors: Selectors): Peer {
  if ("app" in end) return { podSelector: { matchLabels: selectors[end.app] ?? { app: end.app } } };
  if ("cidr" in end) return { ipBlock: { cidr: end.cidr } };
  return {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": end.namespace } },
    ...(end.labels && { podSelector: { matchLabels: end.labels } }),
  };
}
