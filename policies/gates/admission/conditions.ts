import type { V1MatchCondition } from "@kubernetes/client-node";
import { literal } from "../../cel/template.ts";
import { byKind } from "../../cel/by-kind.ts";
import type { ServedKind } from "./kinds.ts";

/** A label by which a namespace says that it is ours. */
export interface NamespaceSelector {
  readonly key: string;
  readonly value: string;
}

const owners = "object.metadata.?ownerReferences.orValue([])";
/**
 * API groups whose operators make pods, and what goes with them, of a custom resource: solvers of HTTP-01, brokers,
 * database servers.
 */
const operators = ["acme.cert-manager.io", "kafka.strimzi.io", "core.strimzi.io", "postgresql.cnpg.io"];

/**
 * An operator decides what it makes: refused, a certificate is never issued and a server never replaced, and nobody who
 * could mend it is told. Its
 * custom resource is what a stack declares. A person who writes the same owner is no service account, and Pod Security
 * still looks at all pods.
 */
const notByOperator = `!request.userInfo.username.startsWith("system:serviceaccount:") || !${owners}.exists(owner, owner.apiVersion.split("/")[0] in ${literal(operators)})`;

const isOwned = `${owners}.exists(owner, owner.?controller.orValue(false))`;

/** What a request must be for a rule to look at it: all of these. A request that is passed over costs nothing more. */
export function matchConditions(
  kinds: ReadonlyMap<string, ServedKind>,
  selector: NamespaceSelector,
): V1MatchCondition[] {
  const pods = [...kinds].flatMap(([kind, { pod }]) => (pod === undefined ? [] : [kind]));
  return [
    // Whatever it breaks, an object must be able to lose its finalizers.
    { name: "not-being-deleted", expression: "!has(object.metadata.deletionTimestamp)" },
    { name: "changed", expression: changed(kinds) },
    { name: "not-made-by-an-operator", expression: notByOperator },
    ...(pods.length > 0 ? [{ name: "not-made-from-a-judged-template", expression: notFromTemplate(pods) }] : []),
    ...([...kinds.values()].some(({ scope }) => scope === "namespace")
      ? [{ name: "namespace-of-ours", expression: ofOurs(selector) }]
      : []),
  ];
}

/**
 * An update is judged for what it changes. What was there before the policies came can so be scaled, replaced and
 * deleted; a controller's
 * notes on its own objects change nothing that counts.
 */
function changed(kinds: ReadonlyMap<string, ServedKind>): string {
  const content = byKind(
    new Map(
      [...kinds].map(([kind, { content: fields = ["spec"] }]) => [kind, fields.map(differs).join(" || ") || "false"]),
    ),
  );
  return `request.operation == "CREATE" || (${content}) || (!${isOwned} && (${differs("metadata.labels")} || ${differs("metadata.annotations")}))`;
}

function differs(field: string): string {
  const steps = field
    .split(".")
    .map((step) => `.?${step}`)
    .join("");
  return `object${steps} != oldObject${steps}`;
}

/**
 * What a controller makes was judged in the controller's template, where its exceptions are written too: a Deployment's
 * are not on its pods.
 * Who may write owner references can get a pod past these rules by that; Pod Security, which the namespace enforces,
 * still looks at it.
 */
function notFromTemplate(kinds: readonly string[]): string {
  return `request.operation != "CREATE" || !${owners}.exists(owner, owner.?controller.orValue(false) && owner.kind in ${literal(kinds)})`;
}

/** Namespaces of others are left alone; one of ours is still judged when an update takes its label away. */
function ofOurs({ key, value }: NamespaceSelector): string {
  const has = (object: string) => `${object}.metadata.?labels[?${literal(key)}].orValue("") == ${literal(value)}`;
  return `request.kind.kind != "Namespace" || ${has("object")} || (request.operation == "UPDATE" && ${has("oldObject")})`;
}
