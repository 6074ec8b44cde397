import type {
  V1NamedRuleWithOperations,
  V1ValidatingAdmissionPolicy,
  V1Validation,
  V1Variable,
} from "@kubernetes/client-node";
import type { Cel } from "../../cel/template.ts";
import type { CelCheck, Rule } from "../../rules/rule.ts";
import type { Settings } from "../../engine/settings.ts";
import { byKind } from "../../cel/by-kind.ts";
import { matchConditions } from "./conditions.ts";
import type { NamespaceSelector } from "./conditions.ts";
import { exceptionVariables } from "./exception.ts";
import { servedKinds } from "./kinds.ts";
import type { ServedKind } from "./kinds.ts";
import { containerMessage, messageOf } from "./message.ts";
import { untyped } from "../../cel/untyped.ts";
import { variantNumber, variantsOf } from "./settings-variants.ts";

/** Marks what this gate made, so that it finds it again. */
export const gateLabel = { key: "production-platform/gate", value: "admission" } as const;

/** The name of a rule's policy. */
export const policyName = (ruleId: string): string => `production-platform-${ruleId.toLowerCase()}`;

/** What the objects of this gate have in common. */
export function metadataOf(name: string, { id, title }: Rule) {
  return {
    name,
    labels: { [gateLabel.key]: gateLabel.value },
    annotations: { "production-platform/rule": id, "production-platform/title": title },
  };
}

/**
 * A rule as a ValidatingAdmissionPolicy; undefined where CEL cannot say it, or where the settings leave nothing to
 * check.
 */
export function policyOf(
  rule: Rule,
  settings: Settings,
  selector: NamespaceSelector,
): V1ValidatingAdmissionPolicy | undefined {
  const { admission } = rule;
  if ("beyondCel" in admission) return undefined;
  const kinds = servedKinds(rule);
  const written = (expression: Cel | string) => (kinds.size === 1 ? `${expression}` : untyped(`${expression}`));
  const variants = typeof admission === "function" ? variantsOf(rule.id, settings) : [{ settings }];
  const validations = variants.flatMap((variant, index) => {
    const checks = typeof admission === "function" ? admission(variant.settings) : admission;
    const prefix = variants.length > 1 ? `variables.variant != ${index} || ` : "";
    return checks.map((check) => validationOf(rule, { ...check, expression: written(check.expression) }, prefix));
  });
  if (validations.length === 0) return undefined;
  const variables: V1Variable[] = [
    ...(variants.length > 1 ? [{ name: "variant", expression: variantNumber(variants) }] : []),
    ...podVariables(kinds, rule),
    ...Object.entries(rule.celVariables ?? {}).map(([name, value]) => ({ name, expression: written(value) })),
    ...exceptionVariables(rule.id),
  ];
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: metadataOf(policyName(rule.id), rule),
    spec: {
      failurePolicy: "Fail",
      matchConstraints: { resourceRules: resourceRules([...kinds.values()], rule) },
      matchConditions: matchConditions(kinds, selector),
      variables,
      validations,
    },
  };
}

function validationOf(rule: Rule, check: CelCheck, prefix: string): V1Validation {
  const ofContainers = rule.scope === "container";
  const expression = ofContainers
    ? `variables.containers.all(container, ${check.expression})`
    : `(${check.expression})`;
  return {
    expression: `${prefix}variables.excepted || ${expression}`,
    message: messageOf(rule, check),
    ...(ofContainers && { messageExpression: containerMessage(rule, check) }),
    // Pulumi's preview passes over an answer of 403: only Invalid is an error to it.
    reason: "Invalid",
  };
}

function podVariables(kinds: ReadonlyMap<string, ServedKind>, { scope }: Rule): V1Variable[] {
  const pods = new Map([...kinds].flatMap(([kind, { pod }]) => (pod === undefined ? [] : [[kind, pod] as const])));
  if (pods.size === 0) return [];
  const without = [...kinds.keys()].filter((kind) => !pods.has(kind));
  const pod = {
    name: "pod",
    expression: `dyn(${byKind(new Map([...pods, ...without.map((kind) => [kind, "{}"] as const)]))})`,
  };
  return scope === "container" ? [pod, { name: "containers", expression: containers }] : [pod];
}

const list = (field: string) => `variables.pod.?${field}.orValue([])`;

/** A container that is added to a running pod is judged alone: the pod's own were, when it was made. */
const containers =
  'request.?subResource.orValue("") == "ephemeralcontainers" ? ' +
  `${list("ephemeralContainers")} : ${list("containers")} + ${list("initContainers")} + ${list("ephemeralContainers")}`;

/** The requests that create and update objects of some kinds. */
export function resourceRules(kinds: readonly ServedKind[], { scope }: Rule): V1NamedRuleWithOperations[] {
  const groups = Map.groupBy(kinds, ({ group, version, olderVersion = "", scope: where = "namespaced" }) =>
    [group, version, olderVersion, where === "namespaced" ? "Namespaced" : "Cluster"].join(" "),
  );
  return [...groups].flatMap(([key, members]) => {
    const [group = "", version = "", olderVersion = "", where = ""] = key.split(" ");
    const rule = { apiGroups: [group], apiVersions: [version, ...(olderVersion ? [olderVersion] : [])], scope: where };
    const resources = members.map(({ resource }) => resource);
    const whole = { ...rule, operations: ["CREATE", "UPDATE"], resources };
    return scope === "container" && resources.includes("pods")
      ? [whole, { ...rule, operations: ["UPDATE"], resources: ["pods/ephemeralcontainers"] }]
      : [whole];
  });
}
