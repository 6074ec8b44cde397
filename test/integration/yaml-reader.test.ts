import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { documentsOf, unreadByKubectl } from "../../policies/check/documents.ts";
import { parseDocument } from "../../policies/check/yaml.ts";
import { command } from "../support/cluster.ts";
import { snippets } from "./support/snippets.ts";

const refused = Symbol("refused");

/** What kubectl makes of each snippet, without a cluster. */
async function byKubectl(): Promise<Map<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), "snippets-"));
  try {
    for (const { name, text } of snippets) writeFileSync(join(folder, `${name}.yaml`), text);
    const { stdout } = await command("kubectl", ["annotate", "--local", `--filename=${folder}`, "--output=json", "read-by=kubectl"]);
    const read = stdout.split(/^(?=\{$)/m).filter((text) => text.trim() !== "").map((text) => JSON.parse(text) as { metadata: { name: string; annotations: unknown } });
    return new Map(read.map(({ metadata: { name, annotations: _, ...metadata }, ...rest }) => [name, { metadata: { name, ...metadata }, ...rest }]));
  } finally {
    rmSync(folder, { recursive: true });
  }
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
  const bodies = (group: string) => (groups.get(group as never) ?? []).map(({ text }) => text.split("\n").slice(3).join("\n"));
  t.log(`${snippets.length} snippets: ${[...groups].map(([group, all]) => `${all.length} ${group}`).join(", ")}`);
  t.deepEqual(bodies("another value"), []);
  t.deepEqual(bodies("only kubectl reads"), ["spec: {value: -}\n"]);
  t.deepEqual(bodies("only we read"), [
    'spec:\n  value: "\\/"\n', 'spec: {value: "\\/"}\n', 'spec:\n  - "\\/"\n', "spec: {value: !}\n", "spec: {value: !!str}\n", "spec: a\u2028b\n", 'spec: "\\ud83d\\ude00"\n', "spec: a\u0085b\n",
  ]);
  t.true((groups.get("the same") ?? []).length > 500);
});

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) => (typeof field === "object" && field !== null && !Array.isArray(field) ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1))) : field));
}
