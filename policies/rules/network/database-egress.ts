import { cel } from "../../cel/template.ts";
import type { V1NetworkPolicyPeer, V1NetworkPolicyPort } from "@kubernetes/client-node";
import { storePorts } from "../../facts/data-stores.ts";
import type { ObjectRule, Rule } from "../rule.ts";

const ports = Object.keys(storePorts).map(Number);

const tooMany = (addressBits: number) => `more than ${2 ** addressBits} addresses`;

/** CEL of the egress rules that open the port of a data store. */
const toStores = cel`object.spec.?egress.orValue([]).filter(rule, rule.?ports.orValue([]).exists(opened,
  type(opened.?port.orValue("")) == int
  && ${ports}.exists(store, opened.port <= store && store <= opened.?endPort.orValue(opened.port))))`;

const egress: ObjectRule = {
  id: "E06-database-egress",
  scope: "object",
  kinds: ["NetworkPolicy"],
  row: ["E06", "X05"],
  severity: "high",
  title: "Egress to an external database is open only to its own addresses",
  rationale:
    "A policy that opens the database's port to a whole network lets a compromised program reach every other database there, and a false one.",
  remediation:
    "egress:\n  - to:\n      - ipBlock: { cidr: 10.20.0.10/32 }   # the server's own address\n    ports:\n      - { protocol: TCP, port: 3306 }",
  admission: ({ "E06-database-egress": { addressBits } }) => [
    {
      expression: cel`${toStores}.all(rule, rule.?to.orValue([]).all(peer, !has(peer.ipBlock)
        || peer.ipBlock.cidr.endsWith("/0") && peer.ipBlock.?except.orValue([]).size() == 0
        || (peer.ipBlock.cidr.contains(":") ? 128 : 32) - int(peer.ipBlock.cidr.split("/")[1]) <= ${addressBits}))`,
      message: `egress opens a data store's port to ${tooMany(addressBits)}`,
    },
  ],
  *check(object, settings) {
    const rules =
      (
        (object.manifest["spec"] ?? {}) as {
          egress?: readonly { to?: readonly V1NetworkPolicyPeer[]; ports?: readonly V1NetworkPolicyPort[] }[];
        }
      ).egress ?? [];
    const most = settings["E06-database-egress"].addressBits;
    for (const [index, { to = [], ports: opened = [] }] of rules.entries()) {
      const port = ports.find((store) => opened.some((each) => opens(each, store)));
      if (port === undefined) continue;
      const store = `port ${port} (${storePorts[port]})`;
      for (const [peer, { ipBlock }] of to.entries()) {
        if (ipBlock === undefined) continue;
        const { cidr, except = [] } = ipBlock;
        const bits = (cidr.includes(":") ? 128 : 32) - Number(cidr.split("/")[1]);
        // Every address without exception is X05-egress-open's, as no peer at all is.
        if (bits <= most || (cidr.endsWith("/0") && except.length === 0)) continue;
        yield {
          path: `spec.egress[${index}].to[${peer}].ipBlock.cidr`,
          message: `egress opens ${store} to ${cidr}, ${tooMany(most)}`,
        };
      }
    }
  },
};

function opens({ port, endPort }: V1NetworkPolicyPort, store: number): boolean {
  return typeof port === "number" && port <= store && store <= (endPort ?? port);
}

/** E06: exactly the databases that are meant. */
export const databaseEgressRules: readonly Rule[] = [egress];
