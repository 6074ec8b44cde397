import test from "ava";
import { checkFiles, places, privilegedPod, problems } from "./checking.ts";

const only = { rules: ["X01-privileged"] };
const asJson = (name: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "data" },
  spec: { containers: [{ name: "main", image: "main:v1", securityContext: { privileged: true } }] },
});

/** `line:column` of the n-th field that X01-privileged blocks. */
function field(text: string, occurrence: number): string {
  const before = text.split('"privileged"').slice(0, occurrence).join('"privileged"').split("\n");
  return `${before.length}:${before.at(-1)!.length + 1}`;
}

test("each document of a file is found, with the line of the field", async (t) => {
  const checked = await checkFiles({ "a.yaml": `${privilegedPod("first")}---\n${privilegedPod("second")}` }, only);
  t.deepEqual(places(checked), [
    "a.yaml:9:9 Pod data/first [X01-privileged]",
    "a.yaml:19:9 Pod data/second [X01-privileged]",
  ]);
  t.is(checked.report.counts.objects, 2);
});

test("Helm's output is read: comments, empty documents and a document behind its marker's comment", async (t) => {
  const output = `# Source: app/templates/none.yaml\n---\n# Source: app/templates/empty.yaml\n---\n---\n# Source: app/templates/pod.yaml\n${privilegedPod("helm")}`;
  const checked = await checkFiles({}, { ...only, inputs: ["-"] }, output);
  t.deepEqual(places(checked), ["stdin:15:9 Pod data/helm [X01-privileged]"]);
  t.deepEqual([checked.report.skipped, checked.report.problems], [[], []]);
});

test("items of a List are found one by one, also in a list as the API server answers it", async (t) => {
  const { kind: _kind, apiVersion: _version, ...bare } = asJson("bare");
  const list = JSON.stringify(
    {
      apiVersion: "v1",
      kind: "List",
      items: [asJson("one"), { apiVersion: "v1", kind: "List", items: [asJson("two")] }],
    },
    undefined,
    1,
  );
  const raw = JSON.stringify({ apiVersion: "v1", kind: "PodList", items: [bare] });
  const plain = JSON.stringify([asJson("plain")]);
  t.deepEqual(places(await checkFiles({ "list.json": list, "raw.json": raw, "plain.json": plain }, only)), [
    `list.json:${field(list, 1)} Pod data/one [X01-privileged]`,
    `list.json:${field(list, 2)} Pod data/two [X01-privileged]`,
    `plain.json:${field(plain, 1)} Pod data/plain [X01-privileged]`,
    `raw.json:${field(raw, 1)} Pod data/bare [X01-privileged]`,
  ]);
});

test("JSON may hold a value a line, or one after the other", async (t) => {
  const lines = `${JSON.stringify(asJson("one"))}\n${JSON.stringify(asJson("two"))}\n`;
  const stream = `${JSON.stringify(asJson("three"), undefined, 2)}\n${JSON.stringify(asJson("four"), undefined, 2)}\n`;
  t.deepEqual(places(await checkFiles({ "lines.json": lines, "stream.json": stream }, only)), [
    `lines.json:${field(lines, 1)} Pod data/one [X01-privileged]`,
    `lines.json:${field(lines, 2)} Pod data/two [X01-privileged]`,
    `stream.json:${field(stream, 1)} Pod data/three [X01-privileged]`,
    `stream.json:${field(stream, 2)} Pod data/four [X01-privileged]`,
  ]);
  const line = `${JSON.stringify(asJson("five {"))}${JSON.stringify(asJson("six"))}`;
  t.deepEqual(
    places(await checkFiles({ "line.json": line }, only)).map((place) => place.split(" ").slice(1).join(" ")),
    ["Pod data/five { [X01-privileged]", "Pod data/six [X01-privileged]"],
  );
  t.deepEqual(
    problems(
      await checkFiles(
        { "lines.json": `${JSON.stringify(asJson("one"))}\n{"kind": \n${JSON.stringify(asJson("two"))}\n` },
        only,
      ),
    ),
    ["lines.json:3:1 is no YAML or JSON: unexpected end of the stream within a flow collection"],
  );
});

test("a value is read as kubectl reads it: yes is true, 0 before a number is octal, and a time or a date is a text", async (t) => {
  const pod = (line: string) => privilegedPod("a").replace("privileged: true", line);
  t.is((await checkFiles({ "a.yaml": pod("privileged: yes") }, only)).report.counts.blocks, 1);
  t.is((await checkFiles({ "a.yaml": pod("privileged: no") }, only)).report.counts.blocks, 0);
  const { origins } = await checkFiles({
    "a.yaml":
      "apiVersion: v1\nkind: Foo\nspec: { mode: 0644, port: 0x1F, when: 12:30, day: 2026-01-02, size: 1e3, name: 0o17, long: 1_000, nine: 09, on: y, low: -.5 }\n",
  });
  t.deepEqual([...origins.keys()][0]?.manifest["spec"], {
    mode: 420,
    port: 31,
    when: "12:30",
    day: "2026-01-02",
    size: 1000,
    name: 15,
    long: 1000,
    nine: 9,
    true: true,
    low: -0.5,
  });
});

test("lines inside of brackets and quotes may stand as far left as kubectl lets them", async (t) => {
  const brackets =
    "apiVersion: v1\nkind: Pod\nmetadata: { name: a, namespace: data,\n}\nspec:\n  containers: [\n{ name: one, image: main:v1,\n # a comment\n  securityContext: {\nprivileged: true }\n},\n]\n";
  t.deepEqual(
    [places(await checkFiles({ "a.yaml": brackets }, only)), problems(await checkFiles({ "a.yaml": brackets }))],
    [["a.yaml:10:1 Pod data/a [X01-privileged]"], []],
  );
  const quotes = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata:\n  double: "one\n two\n\nthree \\\n  four"\n  single: 'one\n  two'\n`;
  const { origins, report } = await checkFiles({ "a.yaml": quotes });
  t.deepEqual([...origins.keys()][0]?.manifest["data"], { double: "one two\nthree four", single: "one two" });
  t.deepEqual(report.problems, []);
});

test("tags of YAML 1.1 are read, and those that nobody knows make a text", async (t) => {
  const { origins } = await checkFiles({
    "a.yaml":
      'apiVersion: example.com/v1\nkind: Foo\nmetadata: { name: a }\nspec: { bin: !!binary aGVsbG8=, s: !!str 12, i: !!int "0x10", f: !!float 1, b: !!bool "yes", own: !secret x, t: !!timestamp 2024-04-01, plain: ! 12, list: !x [1] }\n',
  });
  t.deepEqual([...origins.keys()][0]?.manifest["spec"], {
    bin: "hello",
    s: "12",
    i: 16,
    f: 1,
    b: true,
    own: "x",
    t: "2024-04-01",
    plain: "12",
    list: [1],
  });
});

test("a byte order mark may begin any document of a file", async (t) => {
  const checked = await checkFiles(
    { "a.yaml": `${privilegedPod("first")}---\n\uFEFF${privilegedPod("second")}` },
    only,
  );
  t.deepEqual(
    [places(checked), problems(checked)],
    [["a.yaml:9:9 Pod data/first [X01-privileged]", "a.yaml:19:9 Pod data/second [X01-privileged]"], []],
  );
});

test("a folder is read with all below it, without node_modules, .git and other endings", async (t) => {
  const pod = privilegedPod("p");
  const checked = await checkFiles(
    {
      "b/c.yml": pod,
      "b/d.json": "{}",
      "e.YAML": pod,
      "notes.txt": pod,
      "node_modules/x/a.yaml": pod,
      ".git/a.yaml": pod,
    },
    only,
  );
  t.deepEqual(places(checked), ["b/c.yml:9:9 Pod data/p [X01-privileged]", "e.YAML:9:9 Pod data/p [X01-privileged]"]);
  t.is(
    (
      await checkFiles(
        { "notes.txt": pod, "a.yaml": pod },
        { ...only, inputs: ["notes.txt", "./notes.txt", "a.yaml", "."] },
      )
    ).report.counts.objects,
    2,
  );
});

test("what is no Kubernetes object is skipped and counted, with the reason", async (t) => {
  const { report } = await checkFiles({
    "kustomization.yaml": "resources: [a.yaml]\n",
    "overlay/k.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
    "chart/Chart.yaml": "apiVersion: v2\nname: chart\n",
    "chart/values-prod.yaml": "kind: Deployment\nreplicas: 2\n",
    "chart/templates/pod.yaml": "{{ if .Values.pod }}",
    "chart/crds/pod.yaml": privilegedPod("crd"),
    "package.json": "{}\n",
    "tsconfig.json": '{ "a": 1 "b": 2 }',
  });
  t.deepEqual(
    report.skipped.map(({ file, reason }) => `${file}: ${reason}`),
    [
      "chart/templates: templates of a Helm chart: render it first (helm template)",
      "chart/Chart.yaml: a Helm chart's description: render the chart first (helm template)",
      "chart/values-prod.yaml: values of a Helm chart: render the chart first (helm template)",
      "kustomization.yaml: a kustomization: build it first (kubectl kustomize)",
      "overlay/k.yaml: a kustomization: build it first (kubectl kustomize)",
      "package.json: no Kubernetes object: it has neither apiVersion nor kind",
      "tsconfig.json: no Kubernetes object, and is no YAML or JSON: missed comma between flow collection entries",
    ],
  );
  t.is(report.counts.skipped, 7);
  t.is(report.counts.objects, 1);
});

test("a kind that no rule is about is judged by those for every kind, and is named", async (t) => {
  const { report } = await checkFiles({
    "a.yaml":
      'apiVersion: example.com/v1\nkind: Deploymnt\nmetadata:\n  name: typo\n  annotations:\n    production-platform/exception.X01-privileged: ""\n',
  });
  t.deepEqual(report.otherKinds, { Deploymnt: 1 });
  t.deepEqual(
    report.findings.map(({ rule, location }) => [rule.id, location?.line]),
    [["X09-exception", 6]],
  );
});

test("an object without apiVersion or kind is a problem, and so is a file that does not exist", async (t) => {
  t.deepEqual(problems(await checkFiles({ "a.yaml": "kind: Pod\nmetadata: { name: a }\n---\nmetadata: {}\n" })), [
    "a.yaml:1:1 looks like a Kubernetes object, but it has no apiVersion",
    "a.yaml:3:1 looks like a Kubernetes object, but it has no apiVersion and no kind",
  ]);
  t.deepEqual(problems(await checkFiles({}, { inputs: ["missing.yaml"] })), [
    "missing.yaml could not be read: there is no such file or folder",
  ]);
});
