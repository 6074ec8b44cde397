import { posix } from "node:path";

/** Text of a file by its path in the checkout; `undefined` where there is none. */
export type ReadFile = (path: string) => string | undefined;

const kinds = ["declare", "guard", "fix", "operate", "alert", "target"];
/** Kinds that may be said to be open: what does them is not built yet. */
const mayBeOpen = ["operate", "alert", "target"];

/** Rows whose declared or repaired share is part of the alerts, the dashboards or the operations commands, which are not there yet. */
const awaiting: ReadonlySet<string> = new Set(["P13", "P14", "T06", "T12", "T14"]);

/** Where the page lies, which its links start from. */
const folder = "docs";
const columns = ["id", "kind", "what is asked for", "code", "proof"];

interface Row {
  readonly id: string;
  readonly kinds: readonly string[];
  /** Paths of all links, in the checkout. */
  readonly links: readonly string[];
  readonly code: readonly string[];
  readonly tests: readonly { readonly path: string; readonly title: string }[];
  /** Kinds that are said to be open. */
  readonly open: readonly string[];
  /** Parts of the code and proof cells that are neither a link, a test nor an open share. */
  readonly unreadable: readonly string[];
}

/** What is wrong with a page of coverage that must have a row for each of these ids in their order, a sentence each. */
export function coverageProblems(markdown: string, ids: readonly string[], read: ReadFile): string[] {
  const lines = markdown.split("\n").map(cells).filter(([id]) => id !== undefined && /^[A-Z]\d+$/.test(id));
  const named = lines.map(([id]) => id!);
  const first = [...new Set(named)].filter((id) => ids.includes(id));
  const misplaced = first.find((id, index) => index > 0 && ids.indexOf(id) < ids.indexOf(first[index - 1]!));
  return [
    ...ids.filter((id) => !named.includes(id)).map((id) => `${id}: has no row`),
    ...ids.filter((id) => named.indexOf(id) !== named.lastIndexOf(id)).map((id) => `${id}: has more than one row`),
    ...named.filter((id) => !ids.includes(id)).map((id) => `${id}: is no row of a runbook`),
    ...(misplaced ? [`${misplaced}: is not in order`] : []),
    ...lines.flatMap((line) => (line.length === columns.length ? rowProblems(row(line), read) : [`${line[0]}: has ${line.length} cells instead of ${columns.join(", ")}`])),
  ];
}

/** The cells of a line of a table; none for any other line. A bar that is part of a cell has a backslash. */
const cells = (line: string): string[] => (line.startsWith("|") ? line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.replaceAll("\\|", "|").trim()) : []);

function row(line: readonly string[]): Row {
  const [id = "", kind = "", , code = "", proof = ""] = line;
  const link = /\[[^\]]+\]\(([^)#]+)(?:#[^)]*)?\)/;
  const parts = (cell: string) => cell.split("<br>").map((part) => part.trim()).filter((part) => part !== "");
  const target = (text: string) => posix.join(folder, text);
  const proofs = parts(proof).map((part) => ({ part, test: new RegExp(`^${link.source} › (.+)$`).exec(part), open: /^\*\*open\*\* \(([a-z, ]+)\): ./.exec(part) }));
  const files = parts(code).map((part) => ({ part, file: new RegExp(`^${link.source}$`).exec(part) }));
  return {
    id,
    kinds: kind.split(", "),
    links: [...line.join(" ").matchAll(new RegExp(link, "g"))].map(([, path]) => target(path!)),
    code: files.flatMap(({ file }) => (file ? [target(file[1]!)] : [])),
    tests: proofs.flatMap(({ test }) => (test ? [{ path: target(test[1]!), title: test[2]! }] : [])),
    open: proofs.flatMap(({ open }) => (open ? open[1]!.split(", ") : [])),
    unreadable: [...files.filter(({ file }) => !file), ...proofs.filter(({ test, open }) => !test && !open)].map(({ part }) => part),
  };
}

function rowProblems({ id, links, code, tests, open, unreadable, ...row }: Row, read: ReadFile): string[] {
  const owed = row.kinds.filter((kind) => !open.includes(kind)).join(", ");
  return [
    ...row.kinds.filter((kind) => !kinds.includes(kind)).map((kind) => `${id}: "${kind}" is none of ${kinds.join(", ")}`),
    ...open.filter((kind) => (!mayBeOpen.includes(kind) && !awaiting.has(id)) || !row.kinds.includes(kind)).map((kind) => `${id}: ${kind} cannot be open`),
    ...(owed && code.length === 0 ? [`${id}: no code for ${owed}`] : []),
    ...(owed && tests.length === 0 ? [`${id}: no test for ${owed}`] : []),
    ...unreadable.map((part) => `${id}: "${part}" is neither a file, a test nor an open share`),
    ...[...new Set(links)].filter((path) => read(path) === undefined).map((path) => `${id}: ${path} does not exist`),
    ...tests.filter(({ path, title }) => read(path) !== undefined && !hasTest(path, title, read)).map(({ path, title }) => `${id}: ${path} has no test "${title}"`),
  ];
}

/**
 * Whether a test file, or a helper of tests that it imports, declares a test of this title. A title that is made of values may
 * be given with them, if each is a word of those files.
 */
function hasTest(path: string, title: string, read: ReadFile): boolean {
  const sources = withImports(path, read);
  return sources.flatMap(titles).some((declared) => {
    const pattern = declared.split(/\$\{[^{}]*\}/).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("(.+?)");
    const values = new RegExp(`^${pattern}$`).exec(title)?.slice(1);
    return values !== undefined && values.every((value) => sources.some((source) => source.includes(value)));
  });
}

const titles = (source: string): string[] =>
  [...source.matchAll(/(?<![.\w])test(?:\.serial)?\(\s*(["'`])((?:\\.|(?!\1)[^\\])*)\1/gs)].map(([, , text]) => text!.replace(/\\(.)/gs, "$1"));

/** The texts of a file and of what it imports from below `test/`. */
function withImports(path: string, read: ReadFile, seen = new Set<string>()): string[] {
  const source = seen.has(path) ? undefined : read(path);
  seen.add(path);
  if (source === undefined) return [];
  const imported = [...source.matchAll(/^(?:import|export) .*from "(\.[^"]+)";$/gm)].map(([, from]) => posix.join(posix.dirname(path), from!));
  return [source, ...imported.filter((file) => file.startsWith("test/")).flatMap((file) => withImports(file, read, seen))];
}
