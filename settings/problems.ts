import { z } from "zod";
import { choice, nearestName } from "./nearest-name.ts";
import { fieldsOf, namesIn, optionsOf, schemaAt, valueAt } from "./schema.ts";

/** What an unknown key is, where more can be said than the names there are. */
export interface Explanations {
  /** Says something else of a key. @default nothing */
  readonly instead?: (key: string) => string | undefined;
  /** Where long lists of names stand. @default they are written out */
  readonly all?: string;
}

/**
 * Everything that is wrong with values that a schema refused, each as `path: what is wrong (is value)`. An unknown key
 * comes with the nearest
 * name and the list; a word in place of an object, and a choice that was not made, come with the lines to write.
 */
export function problemsOf(
  { issues }: z.ZodError,
  schema: z.ZodType,
  values: unknown,
  { instead, all }: Explanations = {},
): string[] {
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      const names = namesIn(fieldsOf(schemaAt(schema, issue.path, values), valueAt(values, issue.path)));
      return issue.keys.map(
        (key) =>
          `${shown([...issue.path, key])}: ${instead?.(key) ?? `there is no such setting; ${choice(key, names, all)}`}`,
      );
    }
    const value = valueAt(values, issue.path);
    const path =
      issue.code === "invalid_union" && issue.discriminator !== undefined ? issue.path.slice(0, -1) : issue.path;
    const union = schemaAt(schema, path, values);
    if (union instanceof z.ZodDiscriminatedUnion && issue.code !== "custom")
      return `${shown(path)}: ${unmade(String(path.at(-1)), union, value)}`;
    return `${shown(issue.path)}: ${messageOf(issue, value)}${value === undefined ? "" : ` (is ${JSON.stringify(value)})`}`;
  });
}

/**
 * What to do with a value that was meant as a text and that YAML takes for something else without quotes; nothing for
 * all others.
 */
export function inQuotes(value: unknown): string {
  return typeof value === "number" || typeof value === "boolean" ? `: write it in quotes, "${value}"` : "";
}

function messageOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === "invalid_key") return issue.issues.map(({ message }) => message).join(", ");
  if (issue.code === "invalid_type" && issue.expected === "string" && inQuotes(value) !== "")
    return `expected a text${inQuotes(value)}`;
  return issue.message;
}

/**
 * What to write where one of several objects is asked for, and a word, nothing, or an object of no known kind is there.
 */
function unmade(key: string, union: z.ZodDiscriminatedUnion, value: unknown): string {
  const options = optionsOf(union);
  const { discriminator } = union.def;
  const meant = typeof value === "string" ? options.get(value) : undefined;
  if (meant !== undefined) return `${JSON.stringify(value)} is no object; write ${key}: ${form(meant, discriminator)}`;
  const nearest =
    typeof value === "string"
      ? `there is no ${discriminator} ${JSON.stringify(value)}; the nearest is "${nearestName(value, [...options.keys()])}"`
      : undefined;
  return `${nearest ?? (value === undefined ? `no ${discriminator} is set` : `is ${JSON.stringify(value)}`)}; write one of${[...options.values()].map((option) => `\n    ${key}: ${form(option, discriminator)}`).join("")}`;
}

/** An object with all that must be set, as YAML. */
function form({ shape }: z.ZodObject, discriminator: string): string {
  const needed = Object.entries(shape as Record<string, z.ZodType>).filter(
    ([, field]) => !field.safeParse(undefined).success,
  );
  return `{ ${needed.map(([name, field]) => `${name}: ${name === discriminator ? String((field as z.ZodLiteral).value) : "..."}`).join(", ")} }`;
}

function shown(path: readonly PropertyKey[]): string {
  return (
    path
      .map((step, index) => (typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${String(step)}`))
      .join("") || "(settings)"
  );
}
