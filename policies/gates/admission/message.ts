import { literal } from "../../cel/template.ts";
import type { CelCheck, Rule } from "../../rules/rule.ts";

/**
 * What the API server answers: what is wrong, the rule, why, and the lines to write. It allows no line breaks; " / "
 * stands for them.
 */
export function messageOf({ id, rationale, remediation }: Rule, { message }: CelCheck): string {
  return `${message} [${id}]; why: ${oneLine(rationale)} fix: ${oneLine(remediation)}`;
}

/** CEL of the same message behind the names of the containers it is about. */
export function containerMessage(rule: Rule, check: CelCheck): string {
  const names = `variables.containers.filter(container, !(${check.expression})).map(container, container.name).join(${literal('", "')})`;
  return `${literal('container "')} + ${names} + ${literal(`": ${messageOf(rule, check)}`)}`;
}

function oneLine(text: string): string {
  return text.split("\n").join(" / ");
}
