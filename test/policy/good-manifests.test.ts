import { readdirSync, readFileSync } from "node:fs";
import test from "ava";
import { parseAllDocuments } from "yaml";
import { fromManifest } from "../../policies/model/kubernetes-object.ts";
import { evaluate } from "../../policies/engine/judge.ts";
import { podKinds } from "../../policies/model/pod-spec-walker.ts";
import { parseSettings } from "../../policies/engine/settings.ts";
import { line, today } from "./fixtures/fixture.ts";

const folder = new URL("fixtures/good-manifests/", import.meta.url);
const objectsOf = (file: string) =>
  parseAllDocuments(readFileSync(new URL(file, folder), "utf8")).flatMap((document) => fromManifest(document.toJS()));

const namespace = "namespace.yaml";
const files = readdirSync(folder).filter((file) => file !== namespace);

for (const file of files) {
  test(`${file} and its namespace pass every rule, without an exception and with no verdict left open`, (t) => {
    const { findings, excepted, notEvaluated } = evaluate(
      [...objectsOf(namespace), ...objectsOf(file)],
      parseSettings(),
      today,
    );
    t.deepEqual([...findings, ...excepted, ...notEvaluated].map(line), []);
  });
}

test("all good manifests in one namespace pass every rule", (t) => {
  const { findings, excepted, notEvaluated } = evaluate(
    [namespace, ...files].flatMap(objectsOf),
    parseSettings(),
    today,
  );
  t.deepEqual([...findings, ...excepted, ...notEvaluated].map(line), []);
});

test("there is a good manifest of every kind that makes pods", (t) => {
  const kinds = new Set(files.flatMap(objectsOf).map(({ kind }) => kind));
  t.deepEqual(
    podKinds.filter((kind) => !kinds.has(kind)),
    [],
  );
});
