import test from "ava";
import { exitCodeOf } from "../../../../policies/gates/check/report.ts";
import { checkFiles, privilegedPod } from "./checking.ts";

const rules = ["X01-privileged", "X08-image-pinned"];
const bad = privilegedPod("bad");
const good = bad.replace("true", "false");

test("findings of medium and above block, others where --fail-on says so", async (t) => {
  const state = async (failOn: "low" | "medium" | "high" | "critical", settings?: string) => {
    const { report } = await checkFiles(
      { "a.yaml": bad.replace("main:v1", "main:latest"), "settings.yml": settings ?? "{}" },
      { rules, failOn, inputs: ["a.yaml"], ...(settings === undefined ? {} : { settings: "settings.yml" }) },
    );
    return report.findings.map((finding) => `${finding.rule.id} ${finding.rule.severity} ${finding.state}`);
  };
  t.deepEqual(await state("medium"), ["X08-image-pinned high blocks", "X01-privileged critical blocks"]);
  t.deepEqual(await state("critical"), ["X08-image-pinned high advice", "X01-privileged critical blocks"]);
  t.deepEqual(await state("low", "enforcement: { X08-image-pinned: advisory }"), [
    "X08-image-pinned high advice",
    "X01-privileged critical blocks",
  ]);
  t.deepEqual(await state("critical", "enforcement: { X08-image-pinned: mandatory }"), [
    "X08-image-pinned high blocks",
    "X01-privileged critical blocks",
  ]);
  t.deepEqual(await state("low", "enforcement: { X01-privileged: disabled }"), ["X08-image-pinned high blocks"]);
});

test("settings are those of a stack, by themselves or in the stack's file", async (t) => {
  const files = (settings: string) => ({ "a.yaml": good.replace("main:v1", "main:nightly"), "settings.yml": settings });
  const blocked = async (settings: string) =>
    (await checkFiles(files(settings), { rules, inputs: ["a.yaml"], settings: "settings.yml" })).report.counts.blocks;
  t.is(await blocked("{}"), 0);
  t.is(await blocked("X08-image-pinned: { movingTags: [nightly] }"), 1);
  t.is(await blocked("config:\n  production-platform:policies:\n    X08-image-pinned: { movingTags: [nightly] }\n"), 1);
  t.is(await blocked("config: { other:thing: 1 }\n"), 0);
  await t.throwsAsync(blocked("config: { shop:polices: {} }\n"), {
    name: "UsageError",
    message:
      /settings\.yml: The policy settings are not valid:\n {2}shop:polices: there is no such setting; the nearest is "policies"$/,
  });
  await t.throwsAsync(blocked("X08-image-pinned: { movingTag: [] }"), {
    name: "UsageError",
    message: /settings\.yml: .*movingTag.*nearest is "movingTags"/s,
  });
  await t.throwsAsync(blocked("a: [1"), {
    name: "UsageError",
    message: /^the settings file .*settings\.yml cannot be used: is no YAML/,
  });
});

test("rules are chosen by id or row, and an unknown name is answered with the nearest", async (t) => {
  const ids = async (options: { rules?: string[]; skipRules?: string[] }) =>
    new Set((await checkFiles({ "a.yaml": bad }, options)).report.findings.map(({ rule }) => rule.id));
  t.deepEqual(await ids({ rules: ["X01-privileged"] }), new Set(["X01-privileged"]));
  t.true((await ids({ rules: ["X02"] })).has("X02-container-resources"));
  t.false((await ids({ rules: ["X02"] })).has("X01-privileged"));
  t.false((await ids({ skipRules: ["X01"] })).has("X01-privileged"));
  await t.throwsAsync(ids({ rules: ["X01-priviledged"] }), {
    name: "UsageError",
    message: '"X01-priviledged" is no rule: the nearest is X01-privileged; --list-rules names all',
  });
});

test("exit codes: clean, blocked, nothing to check, unreadable; a finding comes before what could not be read", async (t) => {
  const code = async (files: Record<string, string>) => exitCodeOf((await checkFiles(files, { rules })).report);
  t.is(await code({ "a.yaml": good }), 0);
  t.is(await code({ "a.yaml": bad }), 1);
  t.is(await code({ "package.json": "{}" }), 2);
  t.is(await code({ "a.yaml": good, "b.yaml": "kind: [" }), 3);
  t.is(await code({ "a.yaml": bad, "b.yaml": "kind: [" }), 1);
});

test("an exception answers for its finding until it ends, and all are listed with what they are worth", async (t) => {
  const { listExceptions } = await import("../../../../policies/gates/check/exceptions-list.ts");
  const annotated = (name: string, ...annotations: string[]) =>
    privilegedPod(name).replace(
      /metadata:.*/,
      [
        "metadata:",
        `  name: ${name}`,
        "  namespace: data",
        "  annotations:",
        ...annotations.map((text) => `    production-platform/exception.${text}`),
      ].join("\n"),
    );
  const { report, origins } = await checkFiles(
    {
      "a.yaml": [
        annotated("used", 'X01-privileged: "drives a device; until=2026-05-31"'),
        annotated("over", 'X01-privileged: "drives a device; until=2026-02-28"'),
        annotated("idle", 'X08-image-pinned: "never needed; until=2026-06-01"').replace("true", "false"),
        annotated("wrong", 'X01-priviledged: "no such rule; until=2026-07-01"').replace("true", "false"),
      ].join("---\n"),
    },
    { rules: [...rules, "X09-exception"] },
  );
  t.deepEqual(
    report.excepted.map(({ object, until, location }) => [object.ref, until, location?.line]),
    [["Pod data/used", "2026-05-31", 13]],
  );
  t.deepEqual(
    report.findings.map(({ object, rule }) => `${object.ref} ${rule.id}`),
    ["Pod data/over X09-exception", "Pod data/over X01-privileged", "Pod data/wrong X09-exception"],
  );
  t.deepEqual(
    listExceptions(report, origins, "2026-03-01").map(({ object, until, state, problem, location }) => [
      object.ref,
      until,
      state,
      problem ?? "",
      location?.line,
    ]),
    [
      ["Pod data/over", "2026-02-28", "refused", "expired on 2026-02-28", 21],
      ["Pod data/used", "2026-05-31", "in use", "", 7],
      ["Pod data/idle", "2026-06-01", "not needed", "", 35],
      [
        "Pod data/wrong",
        "2026-07-01",
        "refused",
        "exception from X01-priviledged names no rule that can be excepted",
        49,
      ],
    ],
  );
});
