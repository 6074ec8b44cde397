import test from "ava";
import type { Checked } from "../../../../policies/gates/check/check.ts";
import { checkFiles, privilegedPod } from "./checking.ts";

const rules = ["X01-privileged", "X01-host-port"];
const pod = privilegedPod("old");
const states = ({ report }: Checked) =>
  report.findings.map(({ object, rule, state }) => `${object.ref} ${rule.id} ${state}`);

/** Checks files against what another state of them was accepted with. */
async function against(before: string, after: Record<string, string>): Promise<Checked> {
  const { accepted } = await checkFiles({ "a.yaml": before }, { rules });
  return checkFiles({ ...after, "known.txt": JSON.stringify(accepted) }, { rules, baseline: "known.txt" });
}

test("what a baseline knows does not block, and what is new does", async (t) => {
  const checked = await against(pod, { "a.yaml": `${pod}---\n${privilegedPod("new")}` });
  t.deepEqual(states(checked), ["Pod data/old X01-privileged known", "Pod data/new X01-privileged blocks"]);
  t.deepEqual([checked.report.counts.blocks, checked.report.counts.known, checked.report.counts.gone], [1, 1, 0]);
});

test("a finding stays known when lines, files and places in lists change", async (t) => {
  const moved = `# moved\n\n${pod.replace("    - name: main", "    - name: first\n      image: first:v1\n    - name: main")}`;
  t.deepEqual(states(await against(pod, { "other/b.yaml": moved })), ["Pod data/old X01-privileged known"]);
});

test("another container, value or object is not known", async (t) => {
  t.deepEqual(states(await against(pod, { "a.yaml": pod.replace("name: main", "name: side") })), [
    "Pod data/old X01-privileged blocks",
  ]);
  t.deepEqual(states(await against(pod, { "a.yaml": pod.replace("namespace: data", "namespace: edi") })), [
    "Pod edi/old X01-privileged blocks",
  ]);
});

test("of findings that are alike, as many are known as there were", async (t) => {
  const withPorts = (count: number) =>
    privilegedPod("old")
      .replace("privileged: true", "privileged: false")
      .replace(
        "      securityContext",
        `      ports: [${Array(count).fill("{ containerPort: 80, hostPort: 80 }").join(", ")}]\n      securityContext`,
      );
  t.deepEqual(states(await against(withPorts(1), { "a.yaml": withPorts(2) })), [
    "Pod data/old X01-host-port known",
    "Pod data/old X01-host-port blocks",
  ]);
});

test("what is gone is said, so that the baseline can shrink", async (t) => {
  const { report } = await against(pod, { "a.yaml": pod.replace("true", "false") });
  t.deepEqual(
    report.gone.map(({ object, rule, message, count }) => ({ object, rule, message, count })),
    [{ object: 'Pod data/old, container "main"', rule: "X01-privileged", message: "runs privileged", count: 1 }],
  );
  t.is(report.counts.blocks, 0);
});

test("accepting everything leaves nothing that blocks, and is the same whatever the order of files", async (t) => {
  const files = { "a.yaml": pod, "b.yaml": privilegedPod("second") };
  const first = await checkFiles(files, { rules, accept: true });
  const second = await checkFiles({ "a.yaml": files["b.yaml"], "b.yaml": files["a.yaml"] }, { rules, accept: true });
  t.deepEqual([first.report.counts.blocks, first.report.counts.known], [0, 2]);
  t.deepEqual(first.accepted, second.accepted);
});

test("a baseline that is missing or none is wrong usage", async (t) => {
  await t.throwsAsync(checkFiles({ "a.yaml": pod }, { baseline: "known.txt" }), {
    name: "UsageError",
    message: /^there is no baseline .*known\.txt: write it by --write-baseline/,
  });
  for (const text of ["{", "[]", '{"version": 2, "findings": []}']) {
    await t.throwsAsync(
      checkFiles({ "a.yaml": pod, "known.txt": text }, { baseline: "known.txt" }),
      { name: "UsageError", message: /is no baseline that --write-baseline wrote/ },
      text,
    );
  }
});
