import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { checkCommand } from "../../../scripts/support/check-command.ts";
import { said } from "../../support/terminal.ts";
import { privilegedPod } from "../gates/check/checking.ts";

/** A folder with a bad and a good Pod, and the command in it. */
function workplace(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), "check-command-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "bad.yaml"), privilegedPod("bad"));
  writeFileSync(join(folder, "good.yaml"), privilegedPod("good").replace("true", "false"));
  const check = (args: string) =>
    said(checkCommand, args.split(" ").filter(Boolean), { base: folder, kubeconfig: join(folder, "none") });
  return { folder, check };
}

test("the exit code says what happened, and the last line too", async (t) => {
  const { check, folder } = workplace(t);
  writeFileSync(join(folder, "broken.yaml"), "kind: [");
  const only = "--rules X01-privileged";
  const results = await Promise.all(
    ["good.yaml", "bad.yaml", "good.yaml broken.yaml", "bad.yaml broken.yaml"].map((files) =>
      check(`${files} ${only}`),
    ),
  );
  t.deepEqual(
    results.map(({ code, stdout }) => [code, stdout.trimEnd().split("\n").at(-1)!.replace(/: .*/, "")]),
    [
      [0, "check passes"],
      [1, "check BLOCKED by 1 finding"],
      [3, "check INCOMPLETE"],
      [1, "check BLOCKED by 1 finding, and 1 input could not be read"],
    ],
  );
});

test("wrong usage ends with 2 and says what to do instead", async (t) => {
  const { check } = workplace(t);
  const cases: readonly (readonly [string, RegExp])[] = [
    ["", /^nothing to check: name files, folders, - for standard input, or --live/],
    ["--live bad.yaml", /^--live reads a cluster: name either it or files/],
    ["bad.yaml --namespace data", /^--stack, --context and --namespace choose what --live reads: add --live/],
    ["bad.yaml --stack dev", /^--stack, --context and --namespace choose what --live reads: add --live/],
    ["--live --stack dev --context here", /^--stack and --context each name a cluster: choose one/],
    ["bad.yaml --format xml", /Allowed choices are human, json, sarif, junit, github, markdown/],
    ["bad.yaml --report --summary", /^--report and --summary each take the place of the findings: choose one/],
    ["bad.yaml --summary --format junit", /^--summary is written as human, markdown, json, not as junit/],
    ["bad.yaml --report --format sarif", /^--report is written as human, markdown, json, not as sarif/],
    ["bad.yaml --rules X99", /^"X99" is no rule: the nearest is /],
    ["bad.yaml --output none/out.json", /none\/out\.json cannot be written/],
    ["--live", /^there is no kubeconfig at .*none: name one by KUBECONFIG/],
  ];
  const results = await Promise.all(cases.map(([args]) => check(args)));
  for (const [index, [args, says]] of cases.entries()) {
    t.is(results[index]!.code, 2, args);
    t.regex(results[index]!.stderr, says, args);
  }
});

test("an override for what was not checked is a note beside the result, since settings are shared and inputs may be a part", async (t) => {
  const { check, folder } = workplace(t);
  const checkedWith = (namespace: string) => {
    writeFileSync(join(folder, "settings.yml"), `overrides: [{ namespace: ${namespace}, rules: {} }]`);
    return check("good.yaml --rules X01-privileged --settings settings.yml");
  };
  const note =
    'note: an override of the policies is for namespace "daat", of which nothing was checked; the only one is "data"\n';
  t.deepEqual(
    [await checkedWith("daat"), await checkedWith("data")].map(({ code, stderr }) => [code, stderr]),
    [
      [0, note],
      [0, ""],
    ],
  );
});

test("a file is written as a whole, and only the verdict goes to the terminal", async (t) => {
  const { check, folder } = workplace(t);
  const { stdout } = await check(". --rules X01-privileged --format sarif --output out.sarif");
  t.regex(stdout, /^check BLOCKED by 1 finding: .*\nwritten to out\.sarif\n$/);
  t.like(JSON.parse(readFileSync(join(folder, "out.sarif"), "utf8")), { version: "2.1.0" });
  t.deepEqual(readdirSync(folder).sort(), ["bad.yaml", "good.yaml", "out.sarif"]);
});

test("a baseline that is written is accepted from then on", async (t) => {
  const { check, folder } = workplace(t);
  const only = "--rules X01-privileged";
  const first = await check(`bad.yaml --write-baseline known.txt ${only}`);
  t.deepEqual([first.code, first.stderr], [0, "1 findings accepted in known.txt\n"]);
  t.is((await check(`. --baseline known.txt ${only}`)).code, 0);
  writeFileSync(join(folder, "new.yaml"), privilegedPod("new"));
  const { code, stdout } = await check(`. --baseline known.txt ${only}`);
  t.is(code, 1);
  t.true(stdout.includes("Pod data/new") && !stdout.includes("Pod data/bad"));
});

test("exceptions and standards take the place of the findings and leave the exit code", async (t) => {
  const { check } = workplace(t);
  const [exceptions, standards] = await Promise.all([check("bad.yaml --exceptions"), check("bad.yaml --report")]);
  t.deepEqual([exceptions.code, exceptions.stdout], [1, "there are no exceptions\n"]);
  t.is(standards.code, 1);
  t.regex(standards.stdout, /^Pod Security Standards, baseline: /);
});

test("a folder is summed up: what was read, what was not, and what each rule found", async (t) => {
  const { check, folder } = workplace(t);
  writeFileSync(join(folder, "broken.yaml"), "kind: [");
  writeFileSync(join(folder, "kustomization.yaml"), "{}");
  const { code, stdout } = await check(". --summary --rules X01-privileged,X02-container-resources,X06-secret-in-env");
  t.is(code, 1);
  t.is(
    stdout,
    [
      "profile strict: 2 objects in 2 files: Pod (2)",
      "skipped: 1 document: a kustomization: build it first (kubectl kustomize) (1)",
      "unread: 1 input: is no YAML or JSON (1)",
      "",
      "rule                     severity  state   findings  objects  what it asks for",
      "X02-container-resources  high      blocks  2         2        Containers request and limit cpu and memory",
      "X01-privileged           critical  blocks  1         1        Containers are not privileged",
      "",
    ].join("\n"),
  );
  t.like(JSON.parse((await check("good.yaml --summary --format json --rules X01-privileged")).stdout), {
    version: 1,
    profile: "strict",
    files: 1,
    objects: 1,
    kinds: { Pod: 1 },
    unread: {},
    rules: [],
  });
});

test("rules are listed and explained without checking anything", async (t) => {
  const { check } = workplace(t);
  const [list, explained] = await Promise.all([check("--list-rules"), check("--explain X03-liveness-timing")]);
  t.regex(list.stdout, /^X01-privileged +critical +Containers are not privileged$/m);
  t.regex(explained.stdout, /^X03-liveness-timing: /);
  t.regex(explained.stdout, /settings \(policies\.X03-liveness-timing\):\n {2}minTimeoutSeconds: 2/);
  t.regex(explained.stdout, /^profiles {4}strict \(blocks\)$/m);
  t.deepEqual([list.code, explained.code], [0, 0]);
  t.regex(
    (await check("--list-rules --profile pod-security-baseline")).stdout,
    /\n\n13 rules; --explain ID says more about one\n$/,
  );
  t.regex(
    (await check("--help")).stdout,
    /Profiles:\n {2}pod-security-baseline {4}the Pod Security Standard baseline, and nothing else; blocks from low\n/,
  );
});
