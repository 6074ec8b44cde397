import { examplesOf } from "../example.ts";

type Selectors = typeof import("../../../../policies/model/label-selectors.ts");
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
