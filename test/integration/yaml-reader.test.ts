import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { documentsOf, unreadByKubectl } from "../../policies/gates/check/documents.ts";
import { readObjects } from "../../policies/gates/check/reader.ts";
import { parseDocument } from "../../policies/gates/check/yaml.ts";
import { command } from "../support/cluster.ts";
import { files, snippets } from "./support/snippets.ts";

const refused = Symbol("refused");
const folder = mkdtempSync(join(tmpdir(), "manifests-"));
test.after.always(() => rmSync(folder, { recursive: true }));

/** What kubectl makes of each snippet, without a cluster. */
async function byKubectl(): Promise<Map<string, unknown>> {
  const all = join(folder, "snippets");
  mkdirSync(all);
  for (const { name, text } of snippets) writeFileSync(join(all, `${name}.yaml`), text);
  const { stdout } = await command("kubectl", [
    "annotate",
    "--local",
    `--filename=${all}`,
    "--output=json",
    "read-by=kubectl",
  ]);
  const read = stdout
    .split(/^(?=\{$)/m)
    .filter((text) => text.trim() !== "")
    .map((text) => JSON.parse(text) as { metadata: { name: string; annotations: unknown } });
  return new Map(
    read.map(({ metadata: { name, annotations: _, ...metadata }, ...rest }) => [
      name,
      { metadata: { name, ...metadata }, ...rest },
    ]),
  );
}

function byUs(text: string): unknown {
  try {
    const [document] = documentsOf("a.yaml", text);
    return unreadByKubectl(document!) === undefined ? parseDocument(document!.text).value : refused;
  } catch {
    return refused;
  }
}

test("manifests are read as kubectl reads them, or refused", async (t) => {
  const theirs = await byKubectl();
  const groups = Map.groupBy(snippets, ({ name, text }) => {
    const [mine, other] = [byUs(text), theirs.has(name) ? theirs.get(name) : refused];
    if (mine === refused) return other === refused ? "both refuse" : "only kubectl reads";
    if (other === refused) return "only we read";
    return sorted(mine) === sorted(other) ? "the same" : "another value";
  });
  const bodies = (group: string) =>
    (groups.get(group as never) ?? []).map(({ text }) => text.split("\n").slice(3).join("\n"));
  t.log(`${snippets.length} snippets: ${[...groups].map(([group, all]) => `${all.length} ${group}`).join(", ")}`);
  t.deepEqual(bodies("another value"), []);
  t.deepEqual(bodies("only kubectl reads"), ["spec: {value: -}\n"]);
  t.deepEqual(bodies("only we read"), [
    'spec:\n  value: "\\/"\n',
    'spec: {value: "\\/"}\n',
    'spec:\n  - "\\/"\n',
    "spec: {value: !}\n",
    "spec: {value: !!str}\n",
    "spec: a\u2028b\n",
    'spec: "\\ud83d\\ude00"\n',
    "spec: a\u0085b\n",
  ]);
  t.true((groups.get("the same") ?? []).length > 500);
});

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) =>
    typeof field === "object" && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
}

/**
 * Names of the objects in a file that kubectl reads, and then whether it refused something. From a pipe, the same text
 * is read one way or the other.
 */
async function namesByKubectl(text: string, index: number): Promise<string> {
  const file = join(folder, `file-${index}.yaml`);
  writeFileSync(file, text);
  const { code, stdout } = await command("kubectl", [
    "annotate",
    "--local",
    `--filename=${file}`,
    "--output=jsonpath={.metadata.name},",
    "read-by=kubectl",
  ]);
  return `${stdout}${code === 0 ? "" : " refused"}`;
}

function namesByUs(text: string): string {
  const { objects, problems } = readObjects({
    texts: [{ file: "a.yaml", text, named: true }],
    problems: [],
    skipped: [],
  });
  return `${objects.map(({ name }) => `${name},`).join("")}${problems.length === 0 ? "" : " refused"}`;
}

test("files of several objects are taken apart as kubectl does", async (t) => {
  const read = await Promise.all(
    files.map(async (text, index) => [text, await namesByKubectl(text, index), namesByUs(text)] as const),
  );
  const differing = read
    .filter(([, theirs, ours]) => theirs !== ours)
    .map(
      ([text, theirs, ours]) =>
        `${text.slice(0, 1)}${text.split("\n").find((line) => /^(?:\.\.\.|---.)/.test(line)) ?? ""} ${theirs}/${ours}`,
    );
  t.log(`${read.length} files: ${read.length - differing.length} the same`);
  // kubectl drops what stands behind "..." without a word, takes no directives, no list and no YAML behind JSON: where
  // it refuses, reading more does no harm.
  t.deepEqual(differing, [
    "a... a,/a, refused",
    "%  refused/a,",
    'a--- {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"}}  refused/a, refused',
    "{ a,b, refused/a,b,c,",
    "a  refused/b, refused",
    "[  refused/a,",
  ]);
});
