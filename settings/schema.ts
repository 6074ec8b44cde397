import { z } from "zod";

/** The fields of an object's schema, by name. */
export type Fields = Readonly<Record<string, z.ZodType>>;

/** The value at a path; undefined where there is none. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((node, step) => (node as Record<PropertyKey, unknown> | null | undefined)?.[step], value);
}

/**
 * The schema that holds at a path, without defaults and the like around it; undefined where the schema knows of no such
 * place.
 */
export function schemaAt(
  schema: z.ZodType | undefined,
  path: readonly PropertyKey[],
  value: unknown,
): z.ZodType | undefined {
  const plain = schema && unwrapped(schema);
  const [step, ...rest] = path;
  if (plain === undefined || step === undefined) return plain;
  const below = valueAt(value, [step]);
  if (plain instanceof z.ZodArray) return schemaAt(plain.element as z.ZodType, rest, below);
  if (plain instanceof z.ZodRecord) return schemaAt(plain.valueType as z.ZodType, rest, below);
  return schemaAt(fieldsOf(plain, value)[String(step)], rest, below);
}

/** The fields an object may have: of a union, those of the kind that the value says it is. None for anything else. */
export function fieldsOf(schema: z.ZodType | undefined, value: unknown): Fields {
  if (schema instanceof z.ZodDiscriminatedUnion)
    return fieldsOf(optionsOf(schema).get(String(valueAt(value, [schema.def.discriminator]))), value);
  return schema instanceof z.ZodObject ? (schema.shape as Fields) : {};
}

/** The names among fields that take a value: one that is only refused, such as a setting's former name, is none. */
export const namesIn = (fields: Fields): string[] =>
  Object.keys(fields).filter((name) => !(unwrapped(fields[name]!) instanceof z.ZodUndefined));

/** The objects that a union stands for, by the word that tells them apart. */
export function optionsOf({ def, options }: z.ZodDiscriminatedUnion): Map<string, z.ZodObject> {
  return new Map(
    (options as readonly z.ZodObject[]).map((option) => [
      String((option.shape[def.discriminator] as z.ZodLiteral).value),
      option,
    ]),
  );
}

function unwrapped(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodPipe) return unwrapped(schema.in as z.ZodType);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return unwrapped(schema.unwrap() as z.ZodType);
  return schema;
}

/**
 * The dotted path of every value that a schema knows, in all kinds of its unions. A list and a record are one value; a
 * name that is only refused is none.
 */
export function valuePaths(schema: z.ZodType, path: readonly string[] = []): string[] {
  const plain = unwrapped(schema);
  if (plain instanceof z.ZodUndefined) return [];
  const objects =
    plain instanceof z.ZodDiscriminatedUnion
      ? [...optionsOf(plain).values()]
      : plain instanceof z.ZodObject
        ? [plain]
        : [];
  const fields = objects.flatMap(({ shape }) => Object.entries(shape as Fields));
  return fields.length === 0
    ? [path.join(".")]
    : [...new Set(fields.flatMap(([name, field]) => valuePaths(field, [...path, name])))];
}
