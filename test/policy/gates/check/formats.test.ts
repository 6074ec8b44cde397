import test from "ava";
import { formats } from "../../../../policies/gates/check/formats/index.ts";
import type { Format } from "../../../../policies/gates/check/formats/index.ts";
import { checkFiles, privilegedPod } from "./checking.ts";

const files = {
  "deploy/api.yaml": `${privilegedPod("bad").replace("main:v1", '"main<&>:latest"')}---\n${privilegedPod("excused").replace("namespace: data", 'namespace: data, annotations: { production-platform/exception.X01-privileged: "a device, b: 100 %; until=2026-05-31" }')}`,
  "broken.yaml": "kind: [\n",
  "kustomization.yaml": "{}",
};
const written = async (format: Format) => {
  const { report } = await checkFiles(files, { rules: ["X01-privileged", "X08-image-pinned"], failOn: "critical" });
  return formats[format](report, {});
};
const privileged = 'Pod data/bad, container "main": runs privileged';
const moving = 'Pod data/bad, container "main": image main<&>:latest uses the moving tag "latest"';

test("for people: a line a finding with its place, then each remedy once, what was left out, and the verdict", async (t) => {
  const lines = (await written("human")).split("\n");
  t.is(lines[0], `deploy/api.yaml:9:9 critical ${privileged} [X01-privileged]`);
  t.is(lines[3], `deploy/api.yaml:7:7 advice (high) ${moving} [X08-image-pinned]`);
  t.is(lines.filter((line) => line.startsWith("X01-privileged ")).length, 1);
  t.deepEqual(lines.slice(-8), [
    'excepted until 2026-05-31 (a device, b: 100 %): Pod data/excused, container "main": runs privileged [X01-privileged]',
    "",
    "skipped 1 document: a kustomization: build it first (kubectl kustomize); the first is kustomization.yaml:1",
    "",
    "unreadable broken.yaml:2:1 is no YAML or JSON: a quotation mark or a bracket before is never closed",
    "",
    "check BLOCKED by 1 finding, and 1 input could not be read: profile strict, 2 objects, 4 evaluations, 1 blocking, 1 advisory, 1 excepted, 0 not evaluated, 1 document skipped, 1 unreadable",
    "",
  ]);
});

test("colours are only there when asked for, and change no text", async (t) => {
  const { report } = await checkFiles(files, { rules: ["X01-privileged"] });
  const coloured = formats.human(report, { colour: true });
  t.true(coloured.includes("\u001b["));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with it
  t.is(coloured.replace(/\u001b\[\d+m/g, ""), formats.human(report));
});

test("names cannot pass control codes or lines of their own to a terminal", async (t) => {
  const { report } = await checkFiles(
    { "a.yaml": privilegedPod('"x\\u001b[2J\\n::error::y"') },
    { rules: ["X01-privileged"] },
  );
  t.regex(formats.human(report), /Pod data\/x\uFFFD\[2J\uFFFD::error::y, container "main": runs privileged/);
});

test("JSON holds every finding with place, fingerprint and fix, and the exit code", async (t) => {
  const result = JSON.parse(await written("json")) as Record<string, unknown> & { findings: Record<string, unknown>[] };
  t.deepEqual([result["version"], result["exitCode"]], [1, 1]);
  const { fingerprint, ...finding } = result.findings[1]!;
  t.regex(fingerprint as string, /^[0-9a-f]{32}$/);
  t.deepEqual(finding, {
    rule: "X01-privileged",
    file: "deploy/api.yaml",
    line: 9,
    column: 9,
    object: { apiVersion: "v1", kind: "Pod", ref: "Pod data/bad" },
    container: "main",
    path: "spec.containers[0].securityContext.privileged",
    message: "runs privileged",
    severity: "critical",
    state: "blocks",
    title: "Containers are not privileged",
    rationale: "A privileged container is root on its node.",
    fix: "securityContext:\n  privileged: false",
  });
  t.like(result, {
    counts: { blocks: 1, advice: 1, excepted: 1, problems: 1, skipped: 1 },
    problems: [{ file: "broken.yaml", line: 2, column: 1 }],
    skipped: [{ file: "kustomization.yaml" }],
  });
});

test("GitHub gets a command a finding, in which nothing can end the command", async (t) => {
  const lines = (await written("github")).trimEnd().split("\n");
  t.deepEqual(
    lines.map((line) => line.slice(0, 70)),
    [
      "::warning file=deploy/api.yaml,line=7,col=7,title=X08-image-pinned::Pod",
      "::error file=deploy/api.yaml,line=9,col=9,title=X01-privileged::Pod dat",
      "::error file=broken.yaml,line=2,col=1,title=unreadable::is no YAML or J",
      "check BLOCKED by 1 finding, and 1 input could not be read: profile strict, ",
    ].map((line) => line.slice(0, 70)),
  );
  t.true(lines[1]!.endsWith("%0Afix:%0AsecurityContext:%0A  privileged: false"));
});

test("JUnit counts what blocks as failure, advice and exceptions as skipped, and unreadable inputs as errors", async (t) => {
  const xml = await written("junit");
  t.true(xml.includes('<testsuites name="check" tests="4" failures="1" errors="1" skipped="2">'));
  t.true(
    xml.includes(
      '<testcase classname="deploy/api.yaml" name="X01-privileged: Pod data/bad, container &quot;main&quot;">\n      <failure type="critical"',
    ),
  );
  t.true(xml.includes("image main&lt;&amp;&gt;:latest"));
  t.true(xml.includes('<testcase classname="broken.yaml" name="broken.yaml:2:1">\n      <error message='));
  t.is(xml.match(/<testcase /g)?.length, 4);
});

test("JUnit has a passing case for each object without a finding", async (t) => {
  const { report } = await checkFiles(
    { "a.yaml": privilegedPod("good").replace("true", "false") },
    { rules: ["X01-privileged"] },
  );
  t.true(formats.junit(report).includes('<testcase classname="objects without a finding" name="Pod data/good"/>'));
});

test("Markdown leaves nothing in a name that could be markup", async (t) => {
  const text = await written("markdown");
  t.true(text.startsWith("## Check: BLOCKED by 1 finding, and 1 input could not be read\n"));
  t.true(text.includes("### Findings that block\n\n#### X01-privileged (critical): Containers are not privileged"));
  t.true(text.includes('- `deploy/api.yaml:9:9` Pod data/bad, container "main": runs privileged'));
  t.true(text.includes("main\\<&\\>:latest"));
});
