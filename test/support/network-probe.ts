import { randomUUID } from "node:crypto";
import { addresses } from "../../cluster/local/settings.ts";
import { images } from "../../components/images.ts";
import { type Openings, selects } from "./flow-matrix.ts";
import { eventually, kubectl, withManifest } from "./cluster.ts";

type Labels = Readonly<Record<string, string>>;

/** Pods that open connections: those of an app, or of nobody's. */
export interface Source {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
}

/** What listens in the cluster, by the app it belongs to. */
export interface Listener {
  /** The app's namespace; none for what belongs to the cluster. */
  readonly namespace?: string;
  readonly app: string;
  readonly address: string;
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
}

const titleOf = ({ namespace, app, port, protocol }: Listener) =>
  `${namespace ? `${namespace}/` : ""}${app} ${protocol}/${port}`;
/** A look at one connection. */
export const connection = (source: Source, to: Listener): string =>
  `${source.namespace}/${source.name} -> ${titleOf(to)}`;

interface Pod {
  readonly metadata: { readonly namespace: string; readonly labels?: Labels; readonly deletionTimestamp?: string };
  readonly spec: { readonly containers: readonly { readonly ports?: readonly { readonly containerPort: number }[] }[] };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}
interface Policy {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: { readonly podSelector: { readonly matchLabels?: Labels } };
}
const list = async <T>(kind: string): Promise<readonly T[]> =>
  (JSON.parse(await kubectl("get", kind, "-A", "-o", "json")) as { items: T[] }).items;

/** The apps that have a policy of their own in some namespaces, and a pod of nobody's in each. */
export async function sources(namespaces: readonly string[]): Promise<Source[]> {
  const policies = (await list<Policy>("networkpolicies")).filter(
    ({ metadata, spec }) => namespaces.includes(metadata.namespace) && spec.podSelector.matchLabels,
  );
  return [
    ...policies.map(({ metadata, spec }) => ({
      namespace: metadata.namespace,
      name: metadata.name,
      labels: spec.podSelector.matchLabels!,
    })),
    ...namespaces.map((namespace) => ({ namespace, name: "stranger", labels: { app: "stranger" } })),
  ];
}

/** Every port of a Ready pod of each app, the cluster's resolver, API server and kubelet. */
export async function listeners(apps: readonly Source[]): Promise<Listener[]> {
  const pods = await list<Pod>("pods");
  const ready = pods.filter(
    ({ metadata, status }) =>
      !metadata.deletionTimestamp &&
      status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True"),
  );
  const resolver = ready.find(({ metadata }) => metadata.labels?.["k8s-app"] === "kube-dns")!.status.podIP!;
  return [
    ...apps.flatMap(({ namespace, name, labels }) => {
      const pod = ready.find(
        ({ metadata }) => metadata.namespace === namespace && selects(labels, metadata.labels ?? {}),
      );
      const ports = pod?.spec.containers.flatMap((container) => container.ports ?? []) ?? [];
      return ports.map(
        ({ containerPort }): Listener => ({
          namespace,
          app: name,
          address: pod!.status.podIP!,
          port: containerPort,
          protocol: "TCP",
        }),
      );
    }),
    { app: "resolver", address: resolver, port: 53, protocol: "TCP" },
    { app: "resolver", address: resolver, port: 53, protocol: "UDP" },
    { app: "API server", address: addresses.api, port: 443, protocol: "TCP" },
    { app: "API server", address: addresses.node, port: addresses.apiPort, protocol: "TCP" },
    { app: "kubelet", address: addresses.node, port: 10250, protocol: "TCP" },
  ];
}

/**
 * Whether a flow table opens a connection: on the sender's side, and on the receiver's where that has an app. Pods of
 * other namespaces may send everything.
 */
export function declared(
  { ingress, egress }: Openings,
  source: Source,
  to: Listener,
  namespaces: readonly string[],
): boolean {
  const inside = namespaces.includes(source.namespace);
  if (to.namespace === undefined)
    return (
      !inside ||
      egress.has(
        `${source.namespace}: ${source.name} -> namespace kube-system {"k8s-app":"kube-dns"} ${to.protocol}/${to.port}`,
      )
    );
  const from = inside ? source.name : `namespace ${source.namespace} ${JSON.stringify(source.labels)}`;
  const line = `${to.namespace}: ${from} -> ${to.app} ${to.protocol}/${to.port}`;
  return ingress.has(line) && (!inside || (source.namespace === to.namespace && egress.has(line)));
}

/**
 * Opens all connections at once and prints those that were answered within five seconds; a refusal is an answer of the
 * other end. Datagrams get lost, so a question is sent again, as resolvers do.
 */
const script = `
const net = require("node:net"), dgram = require("node:dgram");
const answered = {
  TCP: ({ address, port }) => new Promise((resolve) => {
    const socket = net.connect({ host: address, port, timeout: 5000 }, () => resolve(true));
    socket.on("timeout", () => resolve(false)).on("error", ({ code }) => resolve(code === "ECONNREFUSED"));
  }),
  UDP: ({ address, port }) => new Promise((resolve) => {
    const socket = dgram.createSocket("udp4").on("message", () => resolve(true)).on("error", () => resolve(false));
    const name = "kubernetes.default.svc.cluster.local".split(".").map((part) => String.fromCharCode(part.length) + part).join("");
    const question = Buffer.from("\\x00\\x07\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00" + name + "\\x00\\x00\\x01\\x00\\x01", "latin1");
    for (const wait of [0, 1500, 3000]) setTimeout(() => socket.send(question, port, address), wait);
    setTimeout(() => resolve(false), 5000);
  }),
};
Promise.all(JSON.parse(process.env.LISTENERS).map((each) => answered[each.protocol](each))).then((all) => { console.log(JSON.stringify(all)); process.exit(); });
`;

/**
 * Starts a pod that looks as one of the source's does, never becomes Ready, so that no Service leads to it, and runs a
 * script of Node.js at once.
 */
export async function startProbe(
  { namespace, labels }: Source,
  run: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly name: string; readonly remove: () => Promise<unknown> }> {
  const name = `network-probe-${randomUUID().slice(0, 8)}`;
  const { code, stderr } = await withManifest(
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace, labels },
      spec: {
        restartPolicy: "Never",
        terminationGracePeriodSeconds: 1,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 65532,
          runAsGroup: 65532,
          seccompProfile: { type: "RuntimeDefault" },
        },
        containers: [
          {
            name: "probe",
            image: images.node,
            command: ["node", "-e", run],
            env: Object.entries(env).map(([variable, value]) => ({ name: variable, value })),
            readinessProbe: { exec: { command: ["false"] } },
            resources: {
              requests: { cpu: "10m", memory: "32Mi", "ephemeral-storage": "10Mi" },
              limits: { cpu: "500m", memory: "128Mi", "ephemeral-storage": "10Mi" },
            },
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ["ALL"] },
            },
          },
        ],
      },
    },
    "create",
  );
  if (code !== 0) throw new Error(stderr);
  return { name, remove: () => kubectl("delete", "pod", name, "-n", namespace, "--wait=false") };
}

/** The connections of some sources to all listeners that are answered, as their titles. */
export async function answered(from: readonly Source[], to: readonly Listener[]): Promise<Set<string>> {
  const open = new Set<string>();
  const waiting = [...from];
  const worker = async () => {
    for (let source = waiting.shift(); source !== undefined; source = waiting.shift()) {
      const { namespace } = source;
      const { name, remove } = await startProbe(source, script, { LISTENERS: JSON.stringify(to) });
      try {
        await eventually(
          `the end of pod ${name} in namespace ${namespace}`,
          120,
          () => kubectl("get", "pod", name, "-n", namespace, "-o", "jsonpath={.status.phase}"),
          (phase) => phase === "Succeeded",
        );
        const seen = JSON.parse(await kubectl("logs", name, "-n", namespace)) as boolean[];
        for (const [index, yes] of seen.entries()) if (yes) open.add(connection(source, to[index]!));
      } finally {
        await remove();
      }
    }
  };
  // A look waits for most of its time, and each pod costs a process: eight at once keep two cores busy.
  await Promise.all(Array.from({ length: 8 }, worker));
  return open;
}
