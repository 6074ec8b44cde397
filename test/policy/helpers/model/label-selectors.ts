import { examplesOf, object } from "../example.ts";

type Selectors = typeof import("../../../../policies/model/label-selectors.ts");
type Policies = typeof import("../../../../policies/facts/network-policies.ts");
type Images = typeof import("../../../../policies/model/image-reference.ts");

const labels = { app: "api", tier: "web" };
const chosen =
  (...expressions: readonly (readonly [operator: string, key: string, ...values: string[]])[]) =>
  ({ selects }: Selectors) =>
    expressions.map(([operator, key, ...values]) =>
      selects({ matchExpressions: [{ key, operator, ...(values.length > 0 && { values }) }] }, labels),
    );

export const selectors = examplesOf<Selectors>("policies/model/label-selectors.ts", {
  "each label of a selector has to match": [
    ({ selects }) =>
      [{}, { app: "api" }, { app: "api", tier: "web" }, { app: "api", tier: "db" }, { zone: "a" }].map((matchLabels) =>
        selects({ matchLabels: matchLabels as Record<string, string> }, labels),
      ),
    [true, true, true, false, false],
  ],
  "a missing selector selects nothing, and an empty one everything": [
    ({ selects }) => [selects(undefined, labels), selects(null as never, labels), selects({}, labels), selects({}, {})],
    [false, false, true, true],
  ],
  "expressions compare values": [
    chosen(
      ["In", "app", "api", "x"],
      ["In", "app", "x"],
      ["In", "zone", "x"],
      ["In", "app"],
      ["NotIn", "app", "x"],
      ["NotIn", "app", "api"],
      ["NotIn", "zone", "x"],
      ["NotIn", "app"],
    ),
    [true, false, false, false, true, false, true, true],
  ],
  "expressions ask for keys": [
    chosen(
      ["Exists", "app"],
      ["Exists", "zone"],
      ["DoesNotExist", "app"],
      ["DoesNotExist", "zone"],
      ["Like", "app", "api"],
      ["Gt", "zone"],
    ),
    [true, false, false, true, false, false],
  ],
  "labels and expressions have to match together": [
    ({ selects }) =>
      [
        ["api", "Exists"],
        ["api", "DoesNotExist"],
        ["db", "Exists"],
      ].map(([app = "", operator = ""]) =>
        selects({ matchLabels: { app }, matchExpressions: [{ key: "tier", operator }] }, labels),
      ),
    [true, false, false],
  ],
  "a selector that asks for nothing matches all": [
    ({ matchesAll }) => [
      matchesAll({}),
      matchesAll({ matchLabels: {}, matchExpressions: [] }),
      matchesAll({ matchLabels: { a: "b" } }),
      matchesAll({ matchExpressions: [{ key: "a", operator: "Exists" }] }),
    ],
    [true, true, false, false],
  ],
});

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

export const imageReference = examplesOf<Images>("policies/model/image-reference.ts", {
  "an image has a tag behind its name, and a digest behind both": [
    ({ parseImage }) =>
      ["a", "a:1", "r.io:5000/a", "r.io:5000/b/a:1", "a@sha256:ab", "r.io/a:1@sha256:ab"].map((image) =>
        JSON.stringify(parseImage(image)),
      ),
    [
      '{"repository":"a","name":"a"}',
      '{"repository":"a","name":"a","tag":"1"}',
      '{"repository":"r.io:5000/a","name":"a"}',
      '{"repository":"r.io:5000/b/a","name":"a","tag":"1"}',
      '{"repository":"a","name":"a","digest":"sha256:ab"}',
      '{"repository":"r.io/a","name":"a","tag":"1","digest":"sha256:ab"}',
    ],
  ],
});
