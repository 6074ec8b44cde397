import { isDeepStrictEqual } from "node:util";
import type { V1ValidatingAdmissionPolicy } from "@kubernetes/client-node";
import { Environment, Optional } from "@marcbachmann/cel-js";
import { ourNamespaces } from "../../../policies/gates/admission/gate.ts";
import type { Manifest } from "../../../policies/model/kubernetes-object.ts";
import { parseQuantity } from "../../../settings/quantity.ts";
import { today as fixtureDay } from "../fixtures/fixture.ts";

/** An amount as the API server's own library for CEL has it. */
class Quantity {
  readonly value: number;
  constructor(text: string) {
    const value = parseQuantity(text);
    if (value === undefined) throw new Error(`${text} is no quantity`);
    this.value = value;
  }
}

/** RE2's flags stand at the beginning of a pattern; JavaScript's do not. */
function pattern(text: string, more = ""): RegExp {
  const [, flags = "", rest = text] = /^\(\?([ims]+)\)(.*)$/s.exec(text) ?? [];
  return new RegExp(rest, `u${flags}${more}`);
}

/**
 * CEL with what the API server adds to it, as far as the rules use that. An expression that asks for more is an error.
 */
const environment = new Environment({
  enableOptionalTypes: true,
  homogeneousAggregateLiterals: false,
  unlistedVariablesAreDyn: true,
  limits: { maxAstNodes: 1e6, maxListElements: 1e5, maxMapEntries: 1e5 },
})
  // An empty list has a sum of no type.
  .registerOperator("double + int", (a: number, b: bigint) => a + Number(b))
  .registerOperator("int + double", (a: bigint, b: number) => Number(a) + b)
  .registerOperator("optional<dyn> == optional<dyn>", (a: Optional, b: Optional) =>
    isDeepStrictEqual(a.orValue(undefined), b.orValue(undefined)),
  )
  .registerType("Quantity", Quantity)
  .registerFunction("quantity(string): Quantity", (text: string) => new Quantity(text))
  // The API server stores a number as a text.
  .registerFunction("quantity(double): Quantity", (amount: number) => new Quantity(String(amount)))
  .registerFunction("quantity(int): Quantity", (amount: bigint) => new Quantity(String(amount)))
  .registerFunction("Quantity.isGreaterThan(Quantity): bool", (a: Quantity, b: Quantity) => a.value > b.value)
  .registerFunction("Quantity.isLessThan(Quantity): bool", (a: Quantity, b: Quantity) => a.value < b.value)
  .registerFunction("Quantity.asApproximateFloat(): double", (a: Quantity) => a.value)
  .registerFunction("string.matchesRe2(string): bool", (text: string, wanted: string) => pattern(wanted).test(text))
  .registerFunction(
    "string.find(string): string",
    (text: string, wanted: string) => pattern(wanted).exec(text)?.[0] ?? "",
  )
  .registerFunction(
    "string.findAll(string): list<string>",
    (text: string, wanted: string) => text.match(pattern(wanted, "g")) ?? [],
  )
  .registerFunction("string.findAll(string, int): list<string>", (text: string, wanted: string, most: bigint) =>
    (text.match(pattern(wanted, "g")) ?? []).slice(0, Number(most)),
  )
  .registerFunction("list.indexOf(dyn): int", (list: readonly unknown[], wanted: unknown) =>
    BigInt(list.findIndex((each) => isDeepStrictEqual(each, wanted))),
  )
  .registerFunction("list.sum(): dyn", (list: readonly (bigint | number)[]) =>
    list.reduce(
      (sum, each) => (typeof sum === "bigint" && typeof each === "bigint" ? sum + each : Number(sum) + Number(each)),
      0n as bigint | number,
    ),
  );

/** `matches` is the evaluator's own, with JavaScript's patterns; and no object has a type here. */
const own: Readonly<Record<string, string>> = { ".matches(": ".matchesRe2(", "dyn(object)": "object" };

const parsed = new Map<string, ReturnType<Environment["parse"]>>();

/** The value of an expression. Throws where it cannot be parsed, and where it has none. */
export function evaluateCel(expression: string, context: object): unknown {
  let program = parsed.get(expression);
  if (program === undefined) {
    const texts = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\.matches\(|\bdyn\(object\)/gs;
    parsed.set(expression, (program = environment.parse(expression.replace(texts, (found) => own[found] ?? found))));
  }
  const value: unknown = program(context as Record<string, unknown>);
  return value instanceof Optional ? value.orValue(undefined) : value;
}

/** Whole numbers are `int` to the API server. */
function typed(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(typed);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, field]) => field !== null && field !== undefined)
        .map(([key, field]) => [key, typed(field)]),
    );
  return value;
}

/** Whom a policy is asked by. */
export interface Asked {
  /** The day on which somebody writes the object: `YYYY-MM-DD`. */
  readonly today: string;
  /** The Namespace that it is made in. @default one that says nothing */
  readonly namespace?: unknown;
  /** What is there before an update. @default nothing: it is made */
  readonly old?: unknown;
}

function requestOf(manifest: Manifest, { today, namespace = { metadata: {} }, old }: Asked) {
  const managedFields = [{ manager: "kubectl", operation: "Apply", time: `${today}T12:00:00Z` }];
  const object = typed({ ...manifest, metadata: { ...manifest.metadata, managedFields } });
  return {
    object,
    namespaceObject: typed(namespace),
    ...(old !== undefined && { oldObject: typed(old) }),
    request: { kind: { kind: manifest.kind }, operation: old === undefined ? "CREATE" : "UPDATE" },
  };
}

/**
 * The messages of those validations of a policy that an object does not pass. Throws what the API server would take for
 * a broken policy.
 */
export function celRefusals({ spec }: V1ValidatingAdmissionPolicy, manifest: Manifest, asked: Asked): string[] {
  const request = requestOf(manifest, asked);
  const values = new Map<string, unknown>();
  const variables = {};
  const context = { ...request, variables };
  for (const { name, expression } of spec?.variables ?? []) {
    Object.defineProperty(variables, name, {
      enumerable: true,
      get: () => (values.has(name) || values.set(name, evaluateCel(expression, context)), values.get(name)),
    });
  }
  const holds = (expression: string) => evaluateCel(expression, context) === true;
  if (!(spec?.matchConditions ?? []).every(({ expression }) => holds(expression))) return [];
  return (spec?.validations ?? [])
    .filter(({ expression }) => !holds(expression))
    .map(({ message, messageExpression }) =>
      messageExpression === undefined ? (message ?? "") : String(evaluateCel(messageExpression, context)),
    );
}

/** As an object of a stack is asked for: in the stack's own Namespace, which has been ours before. */
export function asked({ kind, metadata }: Manifest, stack: readonly Manifest[], today = fixtureDay): Asked {
  const namespaces = stack.filter((manifest) => manifest.kind === "Namespace");
  const namespace = namespaces.find(({ metadata: own }) => own?.name === metadata?.namespace);
  const old = { kind, metadata: { name: metadata?.name, labels: { [ourNamespaces.key]: ourNamespaces.value } } };
  return { today, ...(namespace && { namespace }), ...(kind === "Namespace" && { old }) };
}
