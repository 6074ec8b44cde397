import { posix } from "node:path";
import { type CoveredRow, testFile } from "../../scripts/support/coverage.ts";

/** Text of a file by its path in the checkout; `undefined` where there is none. */
export type ReadFile = (path: string) => string | undefined;

/** Kinds that may be said to be open: what does them is not built yet. */
const mayBeOpen: readonly string[] = ["operate", "alert", "target"];

/**
 * Rows whose declared or repaired share is part of the alerts, the dashboards or the operations commands, which are not
 * there yet.
 */
const awaiting: ReadonlySet<string> = new Set(["P13", "P14", "T06", "T12", "T14"]);

/** What is wrong with the rows of runbooks that must have one for each of these ids in their order, a sentence each. */
export function coverageProblems(rows: readonly CoveredRow[], ids: readonly string[], read: ReadFile): string[] {
  const named = rows.map(({ id }) => id);
  const first = [...new Set(named)].filter((id) => ids.includes(id));
  const misplaced = first.find((id, index) => index > 0 && ids.indexOf(id) < ids.indexOf(first[index - 1]!));
  return [
    ...ids.filter((id) => !named.includes(id)).map((id) => `${id}: has no row`),
    ...ids.filter((id) => named.indexOf(id) !== named.lastIndexOf(id)).map((id) => `${id}: has more than one row`),
    ...named.filter((id) => !ids.includes(id)).map((id) => `${id}: is no row of a runbook`),
    ...(misplaced ? [`${misplaced}: is not in order`] : []),
    ...rows.flatMap((row) => rowProblems(row, read)),
  ];
}

function rowProblems({ id, kinds, asks, code, tests, open: shares }: CoveredRow, read: ReadFile): string[] {
  const open = shares.flatMap((share) => share.kinds);
  const owed = kinds.filter((kind) => !open.includes(kind)).join(", ");
  const linked = [...[asks, ...shares.map(({ says }) => says)].join(" ").matchAll(/\]\(([^)#]+)/g)].map(([, path]) =>
    posix.join("docs", path!),
  );
  const titles = Object.entries(tests).flatMap(([name, all]) => all.map((title) => ({ path: testFile(name), title })));
  const paths = new Set([...code, ...titles.map(({ path }) => path), ...linked]);
  return [
    ...open
      .filter((kind) => (!mayBeOpen.includes(kind) && !awaiting.has(id)) || !kinds.includes(kind))
      .map((kind) => `${id}: ${kind} cannot be open`),
    ...(owed && code.length === 0 ? [`${id}: no code for ${owed}`] : []),
    ...(owed && titles.length === 0 ? [`${id}: no test for ${owed}`] : []),
    ...[...paths].filter((path) => read(path) === undefined).map((path) => `${id}: ${path} does not exist`),
    ...titles
      .filter(({ path, title }) => read(path) !== undefined && !hasTest(path, title, read))
      .map(({ path, title }) => `${id}: ${path} has no test "${title}"`),
  ];
}

/**
 * Whether a test file, or a helper of tests that it imports, declares a test of this title. A title that is made of
 * values may
 * be given with them, if each is a word of those files.
 */
function hasTest(path: string, title: string, read: ReadFile): boolean {
  const sources = withImports(path, read);
  return sources.flatMap(titles).some((declared) => {
    const pattern = declared
      .split(/\$\{[^{}]*\}/)
      .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join("(.+?)");
    const values = new RegExp(`^${pattern}$`).exec(title)?.slice(1);
    return values?.every((value) => sources.some((source) => source.includes(value))) ?? false;
  });
}

const titles = (source: string): string[] =>
  [...source.matchAll(/(?<![.\w])test(?:Own|\.serial)?\(\s*(["'`])((?:\\.|(?!\1)[^\\])*)\1/gs)].map(([, , text]) =>
    text!.replace(/\\(.)/gs, "$1"),
  );

/** The texts of a file and of what it imports from below `test/`. */
function withImports(path: string, read: ReadFile, seen = new Set<string>()): string[] {
  const source = seen.has(path) ? undefined : read(path);
  seen.add(path);
  if (source === undefined) return [];
  const imported = [...source.matchAll(/^(?:import|export) .*from "(\.[^"]+)";$/gm)].map(([, from]) =>
    posix.join(posix.dirname(path), from!),
  );
  return [
    source,
    ...imported.filter((file) => file.startsWith("test/")).flatMap((file) => withImports(file, read, seen)),
  ];
}
