/** A piece of CEL: a template puts it into another one as it is, and quotes every other value. */
export class Cel {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

/** What a template of CEL may hold: pieces, and values that are written as CEL writes them. */
type Value = Cel | string | number | boolean | RegExp | readonly (string | number)[];

/**
 * CEL over as many lines as it needs: `` cel`${volumes}.exists(volume, volume.name == ${name})` ``. Values are quoted,
 * line breaks become spaces, and backslashes are CEL's own.
 */
export function cel({ raw }: TemplateStringsArray, ...values: readonly Value[]): Cel {
  const texts = raw.map((text) =>
    text
      .replace(/\(\s*\n\s*/g, "(")
      .replace(/\s*\n\s*([).])/g, "$1")
      .replace(/\s*\n\s*/g, " "),
  );
  return new Cel(
    String.raw({ raw: texts }, ...values.map((value) => (value instanceof Cel ? value : literal(value)))).trim(),
  );
}

/** A value as CEL writes it; a pattern with its flags before it, as RE2 reads them. */
export function literal(value: Exclude<Value, Cel>): string {
  if (!(value instanceof RegExp)) return JSON.stringify(value);
  return JSON.stringify(`${value.flags === "" ? "" : `(?${value.flags})`}${value.source}`);
}

/** The name of a variable or a field, or CEL from elsewhere, as a piece. */
export function piece(text: string): Cel {
  return new Cel(text);
}

/** Pieces of which one must hold. */
export function anyOf(pieces: readonly Cel[]): Cel {
  return new Cel(pieces.join(" || "));
}
