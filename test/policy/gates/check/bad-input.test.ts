import test from "ava";
import { checkFiles, places, privilegedPod, problems } from "./checking.ts";

const only = { rules: ["X01-privileged"] };
const pod = privilegedPod("good");

/** Checks a bad document between two good ones, whose findings must both be there. */
async function between(bad: string): Promise<string[]> {
  const checked = await checkFiles({ "a.yaml": `${pod}---\n${bad}\n---\n${pod}` }, only);
  const line = bad.split("\n").length + 20;
  if (
    JSON.stringify(places(checked)) !==
    JSON.stringify(["a.yaml:9:9 Pod data/good [X01-privileged]", `a.yaml:${line}:9 Pod data/good [X01-privileged]`])
  )
    throw new Error(`hidden: ${places(checked).join("; ")}`);
  return problems(checked);
}

test("broken YAML is named by its line, and hides nothing before or after it", async (t) => {
  t.deepEqual(await between("apiVersion: v1\nkind: Pod\n  metadata: {}"), [
    "a.yaml:13:11 is no YAML or JSON: bad indentation of a mapping entry",
  ]);
  t.deepEqual(await between('kind: "unclosed'), [
    "a.yaml:12:1 is no YAML or JSON: a quotation mark or a bracket before is never closed",
  ]);
  t.deepEqual(await between("metadata: [1, 2"), [
    "a.yaml:12:1 is no YAML or JSON: a quotation mark or a bracket before is never closed",
  ]);
  t.deepEqual(await between("replicas: !!int many"), ['a.yaml:11:11 "many" is no !!int']);
});

test("a key that is given twice is named", async (t) => {
  t.deepEqual(await between("kind: Pod\nmetadata:\n  name: a\n  labels: {}\n  name: b"), [
    "a.yaml:15:3 the key name is given twice",
  ]);
  const twice = await checkFiles({ "a.yaml": `${pod}        privileged: false\n` }, only);
  t.deepEqual(
    [places(twice), problems(twice)],
    [[], ["a.yaml:10:9 the key privileged is given twice"]],
    "kubectl takes the last",
  );
  t.deepEqual(problems(await checkFiles({ "a.json": '{"kind": "Pod",\n "kind": "Job"}' }, { inputs: ["a.json"] })), [
    "a.json:2:3 the key kind is given twice",
  ]);
});

test("anchors are followed; those that grow without bound or contain themselves are refused", async (t) => {
  const anchored =
    "apiVersion: v1\nkind: Pod\nmetadata: &m { name: a, namespace: data }\nspec:\n  containers:\n    - &c { name: one, image: main:v1, securityContext: { privileged: true } }\n    - { <<: *c, name: two }\n";
  t.deepEqual(places(await checkFiles({ "a.yaml": anchored }, only)), [
    "a.yaml:6:58 Pod data/a [X01-privileged]",
    "a.yaml:7:7 Pod data/a [X01-privileged]",
  ]);
  const laughs = [
    "a0: &a0 [x, x]",
    ...Array.from(
      { length: 20 },
      (_, index) => `a${index + 1}: &a${index + 1} [${Array(10).fill(`*a${index}`).join(", ")}]`,
    ),
  ];
  t.deepEqual(await between(laughs.join("\n")), ["a.yaml:12:11 its aliases stand for more than 1000000 values"]);
  t.deepEqual(await between("kind: Pod\nspec: &s\n  containers: [*s]"), [
    "a.yaml:13:17 an alias refers to what contains it, without end",
  ]);
  const chain = [
    "b0: &b0 [x]",
    ...Array.from({ length: 300 }, (_, index) => `b${index + 1}: &b${index + 1} [*b${index}]`),
  ];
  t.deepEqual(await between(chain.join("\n")), ["a.yaml:12:11 is nested deeper than 200 levels, through aliases"]);
});

test("deep nesting is refused, in every style", async (t) => {
  t.deepEqual(await between("- ".repeat(100_000)), ["a.yaml:11:401 is nested deeper than 200 levels"]);
  t.deepEqual(await between("[".repeat(100_000)), ["a.yaml:11:200 is nested deeper than 200 levels"]);
  t.deepEqual(await between('{"a":'.repeat(100_000)), ["a.yaml:11:992 is nested deeper than 200 levels"]);
});

test("a merge key behind keys that it sets too is read as kubectl does, and is named because others read it otherwise", async (t) => {
  const pod = (context: string) =>
    `apiVersion: v1\nkind: Pod\nmetadata: { name: a, namespace: data }\nspec:\n  containers:\n    - name: one\n      image: main:v1\n      securityContext: &all { privileged: true }\n    - name: two\n      image: main:v1\n      securityContext: ${context}\n`;
  const two = "a.yaml:11:26 Pod data/a [X01-privileged]";
  const one = "a.yaml:8:31 Pod data/a [X01-privileged]";
  const last = await checkFiles({ "a.yaml": pod("{ privileged: false, <<: *all }") }, only);
  t.deepEqual(places(last), [one, two]);
  t.deepEqual(problems(last), [
    "a.yaml:11:45 the merge key << stands behind privileged and sets the same: kubectl takes the merged value, as is judged here, and kustomize the other; write << first",
  ]);
  const first = await checkFiles({ "a.yaml": pod("{ <<: *all, privileged: false }") }, only);
  t.deepEqual([places(first), problems(first)], [[one], []]);
  const same = await checkFiles({ "a.yaml": pod("{ runAsUser: 1000, <<: *all }") }, only);
  t.deepEqual([places(same), problems(same)], [[one, "a.yaml:11:7 Pod data/a [X01-privileged]"], []]);
  const list = await checkFiles({ "a.yaml": pod("{ <<: [{ privileged: false }, *all] }") }, only);
  t.deepEqual([places(list), problems(list)], [[one], []]);
  t.deepEqual(await between("kind: Pod\nspec:\n  <<: text"), [
    "a.yaml:13:3 a merge key << needs a mapping, or a list of them",
  ]);
});

test("what kubectl reads nothing of in a file is named: behind the end of a document, and on the line of its marker", async (t) => {
  t.deepEqual(problems(await checkFiles({ "a.yaml": `${pod}...\n${pod}` }, only)), [
    "a.yaml:10:1 stands behind the end of a document (...), where kubectl reads nothing: begin it with ---",
  ]);
  t.deepEqual(problems(await checkFiles({ "a.yaml": `${pod}--- { kind: Pod }\n--- # a comment\n${pod}` }, only)), [
    "a.yaml:10:1 begins on the line of its ---, which kubectl refuses: begin it on the next one",
  ]);
});

test("an anchor that is not there, a key without a name and a tag that its text does not fit are named", async (t) => {
  t.deepEqual(await between("kind: Pod\nspec: *none"), ["a.yaml:12:8 there is no anchor &none before *none"]);
  t.deepEqual(await between("kind: Pod\n? [a]\n: b"), ["a.yaml:12:3 a key is a list or a mapping"]);
  t.deepEqual(await between("kind: Pod\n~: b"), ["a.yaml:12:1 a key is empty"]);
  t.deepEqual(await between("kind: Pod\nspec: !!binary x"), ['a.yaml:12:7 "x" is no !!binary']);
});

test("a template is told from broken YAML", async (t) => {
  t.deepEqual(await between("kind: Pod\nmetadata:\n  name: {{ .Values.name }}"), [
    "a.yaml:13:9 is no YAML (a key is a list or a mapping) but looks like a template: render it first (helm template)",
  ]);
});

test("an object whose shape no API server takes is named by its field", async (t) => {
  const shape = (rest: string) => between(`apiVersion: apps/v1\nkind: Deployment\n${rest}`);
  const says = (place: string, ref: string, text: string) => [
    `a.yaml:${place} Deployment ${ref} is no object that an API server takes: ${text}`,
  ];
  t.deepEqual(
    await shape("metadata: { name: a }\nspec: { template: { spec: { containers: main } } }"),
    says("14:29", "default/a", "spec.template.spec.containers expected array, received string"),
  );
  t.deepEqual(
    await shape("metadata:\n  name: a\n  labels:\n    a.b/version: 1\nspec: {}"),
    says("16:5", "default/a", 'metadata.labels["a.b/version"] expected string, received number'),
  );
  t.deepEqual(
    await shape("metadata: text"),
    says("13:1", "default/(unnamed)", "metadata expected object, received string"),
  );
  t.deepEqual(await shape("metadata: { name: a }\nspec: {}"), says("14:1", "default/a", "spec holds no pod"));
});

test("kinds that are named like parts of JavaScript are kinds like others", async (t) => {
  for (const kind of ["constructor", "__proto__", "toString"]) {
    t.deepEqual(
      (await checkFiles({ "a.yaml": `apiVersion: v1\nkind: ${kind}\nmetadata: { name: a }\n__proto__: { x: 1 }\n` }))
        .report.otherKinds,
      { [kind]: 1 },
      kind,
    );
  }
});

test("a binary is named as such, and text in another encoding by its line", async (t) => {
  const bad = {
    "elf.yaml": Buffer.from([0x7f, 0x45, 0x0a, 0x46, 0, 1]),
    "latin.yaml": Buffer.from("kind: Pod\nname: caf\xe9\n", "latin1"),
    "good.yaml": pod,
  };
  const checked = await checkFiles(bad, only);
  t.deepEqual(problems(checked), [
    "elf.yaml:2 is binary, no text: byte 4 is zero",
    "latin.yaml:2 is binary, no text: byte 19 is not UTF-8",
  ]);
  t.deepEqual(places(checked), ["good.yaml:9:9 Pod data/good [X01-privileged]"]);
});

test("UTF-8 with a byte order mark and UTF-16 are read", async (t) => {
  const checked = await checkFiles(
    { "mark.yaml": `\uFEFF${pod}`, "wide.yaml": Buffer.from(`\uFEFF${pod}`, "utf16le") },
    only,
  );
  t.deepEqual(places(checked), [
    "mark.yaml:9:9 Pod data/good [X01-privileged]",
    "wide.yaml:9:9 Pod data/good [X01-privileged]",
  ]);
});

test("an input above the limit is refused before it is read, from a file and from standard input", async (t) => {
  const large = `${pod}# ${"x".repeat(2 ** 21)}\n`;
  const refused = "could not be read: it has 2.0 MiB or more, at most 1.0 MiB are read: split it, or raise --max-size";
  t.deepEqual(problems(await checkFiles({ "a.yaml": large }, { ...only, maxMebibytes: 1 })), [`a.yaml ${refused}`]);
  t.deepEqual(problems(await checkFiles({}, { ...only, inputs: ["-"], maxMebibytes: 1 }, large)), [`stdin ${refused}`]);
  t.deepEqual(problems(await checkFiles({ "a.yaml": large }, { ...only, maxMebibytes: 3 })), []);
});
