import { z } from "zod";
import { nearestName } from "./nearest-name.ts";

/** Everything that is wrong with settings, each as `path: what is wrong`; an unknown name comes with the nearest valid one. */
export function problemsOf(error: z.ZodError, schema: z.ZodType, ruleIds: readonly string[]): string[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") return [`${shown(issue.path)}: ${issue.message}`];
    const names = Object.keys(fieldsAt(schema, issue.path));
    return issue.keys.map((key) => `${shown([...issue.path, key])}: ${unknownName(key, names, ruleIds)}`);
  });
}

function unknownName(key: string, names: readonly string[], ruleIds: readonly string[]): string {
  if (ruleIds.includes(key)) return "this rule has no settings";
  return `there is no such setting; the nearest is "${nearestName(key, names)}"`;
}

function shown(path: readonly PropertyKey[]): string {
  return path.map((step, index) => (typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${String(step)}`)).join("") || "(settings)";
}

function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): Readonly<Record<string, z.ZodType>> {
  const plain = unwrapped(schema);
  const [step, ...rest] = path;
  if (plain instanceof z.ZodArray) return fieldsAt(plain.element as z.ZodType, rest);
  const fields = plain instanceof z.ZodObject ? plain.shape as Record<string, z.ZodType> : {};
  const next = step === undefined ? undefined : fields[String(step)];
  return next === undefined ? fields : fieldsAt(next, rest);
}

function unwrapped(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodPipe) return unwrapped(schema.in as z.ZodType);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) return unwrapped(schema.unwrap() as z.ZodType);
  return schema;
}
