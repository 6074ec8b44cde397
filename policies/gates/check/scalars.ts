const words = new Map<string, boolean | null | number>([
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, Number.NaN] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((word) => [word, Number.POSITIVE_INFINITY] as const),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
]);

/** Characters that begin a value which may be no text: all others spare the look-ups below. */
const first = /^[-+.0-9~yYnNtTfFoO]/;
const decimal = /^[-+]?(?:0|[1-9][0-9]*)$/;
const otherBase = /^([-+]?)0(?:[xX]([0-9a-fA-F]+)|[bB]([01]+)|[oO]?([0-7]+))$/;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

/**
 * A value as kubectl reads it when it is not quoted: YAML 1.1, where `yes` is true and `0644` is octal, but times and
 * dates are texts.
 */
export function plainValue(text: string): unknown {
  if (text !== "" && !first.test(text)) return text;
  const word = words.get(text);
  if (word !== undefined) return word;
  if (text.startsWith(".")) return float.test(text) ? Number(text) : text;
  return numberOf(text.replaceAll("_", "")) ?? text;
}

function numberOf(text: string): number | undefined {
  if (decimal.test(text)) return Number(text);
  const [, sign, hex, binary, octal] = otherBase.exec(text) ?? [];
  if (sign !== undefined)
    return (
      Number.parseInt(hex ?? binary ?? octal ?? "", hex !== undefined ? 16 : binary !== undefined ? 2 : 8) *
      (sign === "-" ? -1 : 1)
    );
  return float.test(text) ? Number(text) : undefined;
}

const standard = /^(?:!!|!<tag:yaml\.org,2002:)([a-z]+)>?$/;

/**
 * A value with a tag, as kubectl reads it: a tag that it does not know, such as `!secret`, makes a text. Undefined
 * where the text is none of the
 * tag's, as in `!!int many`.
 */
export function taggedValue(tag: string, text: string): unknown {
  const name = standard.exec(tag)?.[1];
  if (name === "binary") return binaryText(text);
  const types: Readonly<Record<string, (value: unknown) => boolean>> = {
    int: (value) => Number.isInteger(value),
    float: (value) => typeof value === "number",
    bool: (value) => typeof value === "boolean",
    null: (value) => value === null,
  };
  const fits = name === undefined || !Object.hasOwn(types, name) ? undefined : types[name];
  if (fits === undefined) return text;
  const value = plainValue(text);
  return fits(value) ? value : undefined;
}

function binaryText(text: string): string | undefined {
  const base64 = text.replace(/[\r\n]/g, "");
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)
    ? Buffer.from(base64, "base64").toString()
    : undefined;
}
