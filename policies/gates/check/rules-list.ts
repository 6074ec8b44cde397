import { nearestName } from "../../../settings/nearest-name.ts";
import type { Rule } from "../../rules/rule.ts";
import { columns } from "./formats/table.ts";

/** Wrong usage: what was asked for does not exist. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * The rules with these ids or rows: `X01-privileged`, or `X01` for all of it. Throws a {@link UsageError} for any other
 * name.
 */
export function chosenRules(names: readonly string[], rules: readonly Rule[]): Rule[] {
  return names.flatMap((name) => {
    const chosen = rules.filter(({ id, row }) => id === name || (row as readonly string[]).includes(name));
    if (chosen.length === 0)
      throw new UsageError(
        `"${name}" is no rule: the nearest is ${nearestName(
          name,
          rules.map(({ id }) => id),
        )}; --list-rules names all`,
      );
    return chosen;
  });
}

/** Every rule in a line. */
export function listRules(rules: readonly Rule[]): string {
  return `${columns([["rule", "severity", "what it asks for"], ...rules.map(({ id, severity, title }) => [id, severity, title])])}\n\n${rules.length} rules; --explain ID says more about one\n`;
}
