/** A part of a file that is parsed by itself, so that what is wrong with it hides nothing about the others. */
export interface TextDocument {
  /** How messages name the file. */
  readonly file: string;
  readonly text: string;
  /** Lines of the file before it. */
  readonly linesBefore: number;
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
  if (/^\.\.\.(?=\s|$)/.test(text)) return "stands behind the end of a document (...), where kubectl reads nothing: begin it with ---";
  return /^---[ \t]+[^\s#]/.test(text) ? "begins on the line of its ---, which kubectl refuses: begin it on the next one" : undefined;
}

/** The values of a document that is more than one JSON value; undefined for any other. */
export function jsonValuesOf(document: TextDocument): TextDocument[] | undefined {
  if (!/^\s*\{(?!\{)/.test(document.text)) return undefined;
  const values = [...split(document, nextJsonValue)].filter(({ text }) => text.trim() !== "");
  return values.length > 1 ? values : undefined;
}

function* split({ file, text, linesBefore }: TextDocument, where: RegExp): Generator<TextDocument> {
  let start = 0;
  let line = linesBefore;
  for (const { index } of text.matchAll(where)) {
    if (index === start) continue;
    const part = text.slice(start, index);
    yield { file, text: part, linesBefore: line };
    line += lineBreaks(part);
    start = index;
  }
  if (start < text.length) yield { file, text: text.slice(start), linesBefore: line };
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
