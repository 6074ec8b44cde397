import test from "ava";
import { standardsFormats } from "../../../../policies/gates/check/formats/standards.ts";
import { standardsReport } from "../../../../policies/gates/check/standards-report.ts";
import {
  cisSection5,
  podSecurityBaseline,
  podSecurityRestricted,
  runbookRows,
} from "../../../../policies/gates/check/standards.ts";
import { rulesAsOf } from "../../../../policies/rules/index.ts";
import { checkFiles, privilegedPod, today } from "./checking.ts";

const rules = rulesAsOf(today);
const ids = (framework: typeof cisSection5) => framework.controls.map(({ id }) => id);

test("whatever a rule names as its source exists in that framework", (t) => {
  for (const { id, sources, row } of rules) {
    for (const number of sources?.cis ?? []) t.true(ids(cisSection5).includes(number), `${id}: CIS ${number}`);
    for (const name of row) t.true(ids(runbookRows).includes(name), `${id}: row ${name}`);
    const podSecurity = sources?.podSecurity;
    if (podSecurity !== undefined)
      t.true(
        ids(podSecurity.level === "baseline" ? podSecurityBaseline : podSecurityRestricted).includes(
          podSecurity.control,
        ),
        `${id}: ${podSecurity.control}`,
      );
  }
});

test("every control of the Pod Security Standards and every row is covered, and what is not says why", async (t) => {
  const { report, settings } = await checkFiles({ "a.yaml": privilegedPod("a") });
  const controls = standardsReport(report, rules, settings).flatMap(({ name, controls: all }) =>
    all.map((control) => ({ ...control, name: `${name}: ${control.id}` })),
  );
  t.deepEqual(
    controls
      .filter(({ standing, beyond }) => standing === "not covered" && beyond === undefined)
      .map(({ name }) => name),
    [],
  );
  t.deepEqual(
    controls
      .filter(({ standing, beyond }) => standing !== "not covered" && beyond !== undefined)
      .map(({ name }) => name),
    [],
  );
});

test("an object counts once for each control: failed before excepted, and passed where neither", async (t) => {
  const excused = privilegedPod("excused").replace(
    "namespace: data",
    'namespace: data, annotations: { production-platform/exception.X01-privileged: "a device; until=2026-05-31" }',
  );
  const { report, settings } = await checkFiles(
    { "a.yaml": [privilegedPod("bad"), excused, privilegedPod("good").replace("true", "false")].join("---\n") },
    { rules: ["X01-privileged"] },
  );
  const frameworks = standardsReport(report, rules, settings);
  const control = (framework: number, id: string) => {
    const { title: _, ...counts } = frameworks[framework]!.controls.find((one) => one.id === id)!;
    return counts;
  };
  const counts = {
    rules: ["X01-privileged"],
    objects: 3,
    passed: 1,
    failed: 1,
    excepted: 1,
    notEvaluated: 0,
    standing: "failed",
  };
  t.deepEqual(control(0, "Privileged Containers"), { id: "Privileged Containers", ...counts } as never);
  t.deepEqual(control(2, "5.2.2"), { id: "5.2.2", ...counts } as never);
  t.deepEqual(control(0, "Sysctls"), {
    id: "Sysctls",
    rules: [],
    objects: 0,
    passed: 0,
    failed: 0,
    excepted: 0,
    notEvaluated: 0,
    standing: "not covered",
  } as never);
});

test("the report is written for people, as Markdown and as JSON", async (t) => {
  const { report, settings } = await checkFiles({ "a.yaml": privilegedPod("bad") });
  const frameworks = standardsReport(report, rules, settings);
  const { length: controls } = podSecurityBaseline.controls;
  t.regex(
    standardsFormats.human(frameworks),
    new RegExp(`^Pod Security Standards, baseline: ${controls} of ${controls} controls are covered: `),
  );
  t.regex(standardsFormats.human(frameworks), /\nPrivileged Containers +failed +1 +0 +1 +0 +0 +X01-privileged/);
  t.true(
    standardsFormats
      .markdown(frameworks)
      .includes("| Privileged Containers | failed | 1 | 0 | 1 | 0 | 0 |  | X01-privileged |"),
  );
  t.deepEqual((JSON.parse(standardsFormats.json(frameworks)) as { frameworks: unknown[] }).frameworks.length, 4);
});
