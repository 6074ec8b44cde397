import { examplesOf, object } from "../example.ts";

type Policies = typeof import("../../../../policies/facts/network-policies.ts");

const types =
  (...specs: readonly (object | undefined)[]) =>
  ({ typesOf }: Policies) =>
    specs.map((spec) => typesOf(object("NetworkPolicy", "p", { spec })).join());
const denied =
  (...specs: readonly (object | undefined)[]) =>
  ({ deniedBy }: Policies) =>
    specs.map((spec) => deniedBy(object("NetworkPolicy", "p", { spec })).join());

export const networkPolicies = examplesOf<Policies>("policies/facts/network-policies.ts", {
  "a policy is about ingress, and about egress where it says so or has rules for it": [
    types(
      {},
      undefined,
      { egress: [{}] },
      { egress: [] },
      { policyTypes: ["Egress"] },
      { policyTypes: [], egress: [{}] },
      { policyTypes: ["Ingress"], egress: [{}] },
    ),
    ["Ingress", "Ingress", "Ingress,Egress", "Ingress", "Egress", "Ingress,Egress", "Ingress"],
  ],
  "a policy of all pods without rules denies its directions": [
    denied({}, undefined, { podSelector: {} }, { policyTypes: ["Egress"] }, { policyTypes: ["Ingress", "Egress"] }),
    ["Ingress", "Ingress", "Ingress", "Egress", "Ingress,Egress"],
  ],
  "a policy of some pods, or one that opens something, denies nothing to all": [
    denied(
      { podSelector: { matchLabels: { a: "b" } } },
      { ingress: [{}] },
      { egress: [{}] },
      { policyTypes: ["Ingress", "Egress"], egress: [{}] },
      { policyTypes: ["Egress"], ingress: [{}] },
      { policyTypes: ["Ingress"], egress: [{}] },
    ),
    ["", "", "", "", "Egress", "Ingress"],
  ],
});
