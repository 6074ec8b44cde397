/** A part of a file that is parsed by itself, so that what is wrong with it hides nothing about the others. */
export interface TextDocument {
  /** How messages name the file. */
  readonly file: string;
  readonly text: string;
  /** Lines of the file before it. */
  readonly linesBefore: number;
  /** Characters before it in its first line. @default 0 */
  readonly columnsBefore?: number;
}

/** Markers stand at the beginning of a line, and never inside of a valid scalar: no parser is needed to find them. */
const marker = /^(?:---|\.\.\.)(?=\s|$)/gm;
/** A JSON value that begins a line: the next one of JSON written a value a line, or one after the other. */
const nextJsonValue = /^(?=\{(?!\{))/gm;

/** The documents of a file of YAML or JSON, without those that hold comments and directives only. */
export function* documentsOf(file: string, text: string): Generator<TextDocument> {
  for (const document of split({ file, text, linesBefore: 0 }, marker)) {
    if (!isEmpty(document.text)) yield { ...document, text: withoutMark(document.text) };
  }
}

/** Why kubectl reads nothing in a document that stands in a file of others; undefined for all that it reads. */
export function unreadByKubectl({ text }: TextDocument): string | undefined {
  if (/^\.\.\.(?=\s|$)/.test(text))
    return "stands behind the end of a document (...), where kubectl reads nothing: begin it with ---";
  return /^---[ \t]+[^\s#]/.test(text)
    ? "begins on the line of its ---, which kubectl refuses: begin it on the next one"
    : undefined;
}

/** The values of a document that is more than one JSON value; undefined for any other. */
export function jsonValuesOf(document: TextDocument): TextDocument[] | undefined {
  if (!/^\s*\{(?!\{)/.test(document.text)) return undefined;
  for (const values of [split(document, nextJsonValue), split(document, betweenObjects)].map((parts) =>
    [...parts].filter(({ text }) => text.trim() !== ""),
  )) {
    if (values.length > 1) return values;
  }
  return undefined;
}

/** Where an object of JSON begins behind the end of another, maybe on the same line. */
function* betweenObjects(text: string): Generator<{ index: number }> {
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === "{" && depth === 0) yield { index };
    if (token === "{") depth += 1;
    if (token === "}") depth -= 1;
  }
}

function* split(
  { file, text, linesBefore }: TextDocument,
  where: RegExp | ((text: string) => Iterable<{ index: number }>),
): Generator<TextDocument> {
  let start = 0;
  let line = linesBefore;
  for (const { index } of where instanceof RegExp ? text.matchAll(where) : where(text)) {
    if (index === start) continue;
    const part = text.slice(start, index);
    yield { file, text: part, linesBefore: line, columnsBefore: columnOf(text, start) };
    line += lineBreaks(part);
    start = index;
  }
  if (start < text.length)
    yield { file, text: text.slice(start), linesBefore: line, columnsBefore: columnOf(text, start) };
}

function columnOf(text: string, offset: number): number {
  return offset === 0 ? 0 : offset - text.lastIndexOf("\n", offset - 1) - 1;
}

/** Where files were put together, a byte order mark may stand before any document. */
function withoutMark(text: string): string {
  return text.replace(/^(---[^\n]*\n)?\uFEFF/, (_, marker: string | undefined) => marker ?? "");
}

/** Whether there is nothing besides the marker, comments and directives. */
function isEmpty(text: string): boolean {
  return !/^[ \t]*[^\s#%]/m.test(text.replace(/^(?:---|\.\.\.)/, ""));
}

function lineBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}
