import type { V1IPBlock, V1NetworkPolicyPeer, V1NetworkPolicyPort } from "@kubernetes/client-node";
import { cel, piece } from "../../cel/template.ts";
import type { Cel } from "../../cel/template.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import type { CelCheck, ObjectRule, Rule, Violation } from "../rule.ts";
import { typesOf } from "../../facts/network-policies.ts";
import { matchesAll } from "../../model/label-selectors.ts";

const base = { scope: "object", kinds: ["NetworkPolicy"], row: ["X05"], severity: "high" } as const;

/** What the API calls the peers of each direction, which is also how messages go on. */
const peersOf = { ingress: "from", egress: "to" } as const;
type Direction = keyof typeof peersOf;
const directionNames = { ingress: "Ingress", egress: "Egress" } as const;

/** Half of all IPv4 addresses down to a 128th, all IPv6 addresses down to an eighth: more than anybody owns. */
const hugeBlock = "^[0-9.]+/[0-7]$|:.*/[0-3]$";
/**
 * Blocks that are worth an exception from all addresses: a network of one's own, such as 10.0.0.0/8 or 192.168.0.0/16,
 * and no single host.
 */
const wideException = "^[0-9.]+/(?:[0-9]|1[0-6])$|:.*/(?:[0-9]|[1-3][0-9]|4[0-8])$";
/** More ports than any program needs, in one range. */
const manyPorts = 32_768;

const open = (direction: Direction, title: string, rationale: string, remediation: string): ObjectRule => ({
  ...base,
  id: `X05-${direction}-open`,
  title,
  rationale,
  remediation,
  admission: [
    {
      expression: everyRule(direction, cel`${peersCel(direction)}.size() > 0`),
      message: `${direction} is open ${peersOf[direction]} everywhere`,
    },
    {
      expression: everyRule(
        direction,
        cel`${peersCel(direction)}.all(peer, !has(peer.ipBlock) || !peer.ipBlock.cidr.matches(${hugeBlock})
          || peer.ipBlock.?except.orValue([]).exists(block, block.matches(${wideException})))`,
      ),
      message: `${direction} is open ${peersOf[direction]} a large part of all addresses without exception`,
    },
  ],
  *check(object) {
    const word = peersOf[direction];
    for (const { peers, path } of flowsOf(object, direction)) {
      if (peers.length === 0) yield { path, message: `${direction} is open ${word} everywhere` };
      for (const [index, { ipBlock }] of peers.entries()) {
        if (isOpen(ipBlock))
          yield {
            path: `${path}.${word}[${index}].ipBlock`,
            message: `${direction} is open ${word} ${ipBlock?.cidr} without exception${(ipBlock?.except ?? []).length > 0 ? " of a whole network" : ""}`,
          };
      }
    }
  },
});

const egressOpen = open(
  "egress",
  "NetworkPolicies do not open egress to everywhere",
  "Open egress is how data leaves, and how an intruder calls home.",
  "egress:\n  - to:\n      - podSelector:\n          matchLabels: { app: <whom it talks to> }\n    ports:\n      - port: 5432",
);

const ingressOpen = open(
  "ingress",
  "NetworkPolicies do not open ingress from everywhere",
  "Whoever reaches a node or a pod then reaches this program as well.",
  "ingress:\n  - from:\n      - podSelector:\n          matchLabels: { app: <who talks to it> }\n    ports:\n      - port: 8080",
);

const flowPeers: ObjectRule = {
  ...base,
  id: "X05-flow-peers",
  severity: "medium",
  title: "Rules of NetworkPolicies name their peers",
  rationale:
    "A flow with all pods, of this namespace or of all, is also open to every pod that is added later, and to an attacker in any of them.",
  remediation: [
    "ingress:",
    "  - from:",
    "      - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: <its namespace> } }",
    "        podSelector: { matchLabels: { app: <who talks to it> } }",
  ].join("\n"),
  admission: both((direction) => [
    {
      expression: everyRule(
        direction,
        cel`${peersCel(direction)}.all(peer, has(peer.ipBlock)
          || [dyn(peer).?namespaceSelector.orValue({}), dyn(peer).?podSelector.orValue({})].exists(selector,
            selector.?matchLabels.orValue({}).size() > 0 || selector.?matchExpressions.orValue([]).size() > 0))`,
      ),
      message: `${direction} is open to all pods, of its namespace or of every one`,
    },
  ]),
  *check(object) {
    for (const direction of ["ingress", "egress"] as const) {
      for (const { peers, path } of flowsOf(object, direction)) {
        for (const [index, { ipBlock, namespaceSelector, podSelector }] of peers.entries()) {
          if (ipBlock || !matchesAll(namespaceSelector ?? {}) || !matchesAll(podSelector ?? {})) continue;
          const message = `${direction} is open ${peersOf[direction]} every pod of ${namespaceSelector ? "every" : "its own"} namespace`;
          yield { path: `${path}.${peersOf[direction]}[${index}]`, message };
        }
      }
    }
  },
};

const flowPorts: ObjectRule = {
  ...base,
  id: "X05-flow-ports",
  title: "Rules of NetworkPolicies name their ports",
  rationale: "A flow without ports opens every port of the peer: its debugger, its metrics and its administration too.",
  remediation:
    "ingress:\n  - from: [{ podSelector: { matchLabels: { app: <who talks to it> } } }]\n    ports:\n      - port: 8080\n        protocol: TCP",
  admission: both((direction) => [
    {
      expression: everyRule(direction, cel`${peersCel(direction)}.size() == 0 || rule.?ports.orValue([]).size() > 0`),
      message: `${direction} opens every port of a flow`,
    },
    {
      expression: everyRule(
        direction,
        cel`rule.?ports.orValue([]).all(port,
          !has(port.endPort) || type(port.port) != int || port.endPort - int(port.port) < ${manyPorts})`,
      ),
      message: `${direction} opens most ports of a flow`,
    },
  ]),
  *check(object) {
    yield* openPorts(object, "ingress");
    yield* openPorts(object, "egress");
  },
};

function* openPorts(object: KubernetesObject, direction: Direction): Generator<Violation> {
  for (const { peers, ports, path, number } of flowsOf(object, direction)) {
    if (peers.length > 0 && ports.length === 0)
      yield { path: `${path}.ports`, message: `${direction} rule ${number} opens every port` };
    for (const [index, { port, endPort }] of ports.entries()) {
      if (Number(endPort) - Number(port) >= manyPorts)
        yield {
          path: `${path}.ports[${index}].endPort`,
          message: `${direction} rule ${number} opens the ports ${port} to ${endPort}`,
        };
    }
  }
}

interface Flow {
  /** Empty means everybody, as an absent list does. */
  readonly peers: readonly V1NetworkPolicyPeer[];
  /** Empty means every port. */
  readonly ports: readonly V1NetworkPolicyPort[];
  readonly path: string;
  /** Its place in the list, from 1. */
  readonly number: number;
}

function flowsOf(object: KubernetesObject, direction: Direction): Flow[] {
  const spec = (object.manifest["spec"] ?? {}) as Readonly<
    Partial<Record<Direction, readonly Readonly<Record<string, unknown>>[]>>
  >;
  if (!typesOf(object).includes(directionNames[direction])) return []; // the API ignores them
  return (spec[direction] ?? []).map((rule, index) => ({
    peers: (rule[peersOf[direction]] ?? []) as readonly V1NetworkPolicyPeer[],
    ports: (rule["ports"] ?? []) as readonly V1NetworkPolicyPort[],
    path: `spec.${direction}[${index}]`,
    number: index + 1,
  }));
}

function isOpen(block: V1IPBlock | undefined): boolean {
  return (
    block !== undefined &&
    block !== null &&
    new RegExp(hugeBlock).test(block.cidr) &&
    !(block.except ?? []).some((excepted) => new RegExp(wideException).test(excepted))
  );
}

function both(checks: (direction: Direction) => CelCheck[]): CelCheck[] {
  return [...checks("ingress"), ...checks("egress")];
}

function everyRule(direction: Direction, condition: Cel): Cel {
  return cel`object.?spec.?policyTypes.orValue([]).size() > 0 && !(${directionNames[direction]} in object.spec.policyTypes)
    || object.?spec.?${piece(direction)}.orValue([]).all(rule, ${condition})`;
}

function peersCel(direction: Direction): Cel {
  return cel`rule.?${piece(peersOf[direction])}.orValue([])`;
}

/** X05: flows that name who, where and on which port. */
export const networkFlowRules: readonly Rule[] = [egressOpen, ingressOpen, flowPeers, flowPorts];
