import test from "ava";
import {
  changeLines,
  changesBetween,
  comparedLines,
  countLines,
  type Declared,
  shortValue,
  sumOf,
} from "../../../scripts/support/changed-values.ts";

const secret = (value: string) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext: value,
});
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const deployment = (name: string, inputs: object, system = "bgc-platform"): [string, Declared] => [
  name,
  { kind: "Deployment", title: `Deployment data/${name}`, system, inputs: { ...inputs } },
];
const containers = (...list: object[]) => ({ spec: { containers: list } });

test("each value that changes is shown as old and new, and lists with names are compared by these", (t) => {
  const before = new Map([deployment("api", { ...containers({ name: "api", cpu: "500m" }), labels: { old: "yes" } })]);
  const after = new Map([
    deployment("api", {
      ...containers({ name: "wait", image: "a:1" }, { name: "api", cpu: "1", args: ["-v"] }),
      replicas: 2,
    }),
  ]);
  const changes = changesBetween(before, after);
  t.deepEqual(changeLines(changes), [
    "  Deployment data/api: spec.containers[api].cpu: 500m -> 1",
    '  Deployment data/api: spec.containers[api].args: (none) -> ["-v"]',
    '  Deployment data/api: spec.containers[wait]: (none) -> {"name":"wait","image":"a:1"}',
    '  Deployment data/api: labels: {"old":"yes"} -> (none)',
    "  Deployment data/api: replicas: (none) -> 2",
  ]);
  t.is(sumOf(changes), "1 object changed, 0 new, 0 gone");
});

test("a secret is never shown, and what is not known before an update is no change", (t) => {
  const before = new Map([deployment("api", { data: secret("v1:one"), hash: "1a2b", list: [secret("v1:a")] })]);
  t.deepEqual(
    changesBetween(
      before,
      new Map([deployment("api", { data: secret("[secret]"), hash: unknown, list: [secret("[secret]")] })]),
    ).changed,
    [],
  );
  t.deepEqual(
    changesBetween(before, new Map([deployment("api", { data: "plain", hash: unknown, list: [] })])).changed.map(
      ({ values }) => values.map(({ path }) => path),
    ),
    [["list[0]"]],
  );
  t.deepEqual(
    changeLines(
      changesBetween(
        before,
        new Map([
          deployment("api", {
            data: secret("v1:one"),
            hash: "1a2b",
            list: [],
            added: { key: secret("v1:b"), at: unknown },
          }),
        ]),
      ),
    ),
    [
      '  Deployment data/api: list[0]: "(secret)" -> (none)',
      '  Deployment data/api: added: (none) -> {"key":"(secret)","at":"(known in the update)"}',
    ],
  );
});

test("the same change of several objects is one line, and the notes of Pulumi's providers are none", (t) => {
  const version = (tag: string) =>
    new Map(
      ["api", "web", "worker"].map((name) => deployment(name, { labels: { version: tag }, __fieldManager: tag })),
    );
  t.deepEqual(changeLines(changesBetween(version("v1"), version("v2"))), [
    "  Deployment data/api and 2 more: labels.version: v1 -> v2",
  ]);
  t.deepEqual(changeLines(changesBetween(version("v1"), version("v1"))), []);
});

test("of long texts the first line that differs is shown", (t) => {
  const script = (line: string) =>
    new Map([deployment("api", { script: `${"# a comment of some length\n".repeat(4)}${line}\nexit 0\n` })]);
  t.deepEqual(changeLines(changesBetween(script("sleep 1"), script("sleep 2"))), [
    '  Deployment data/api: script: line 5: "sleep 1" -> "sleep 2"',
  ]);
  t.is(shortValue("x".repeat(80)), `${"x".repeat(57)}...`);
});

test("what is new, changed and gone is counted by kind, a line for each system", (t) => {
  const service: [string, Declared] = [
    "svc",
    { kind: "Service", title: "Service data/api", system: "bgc-platform", inputs: {} },
  ];
  const password: [string, Declared] = ["pw", { kind: "RandomPassword", title: "RandomPassword pw", inputs: {} }];
  const before = new Map([deployment("api", { replicas: 1 }), deployment("bots", {}, "bots-edi"), password]);
  const after = new Map([deployment("api", { replicas: 2 }), deployment("web", {}), deployment("worker", {}), service]);
  const changes = changesBetween(before, after);
  t.deepEqual(countLines(changes), [
    "  bgc-platform: 3 new (2 Deployment, 1 Service); 1 changed (1 Deployment)",
    "  bots-edi: 1 gone (1 Deployment)",
    "  the stack itself: 1 gone (1 RandomPassword)",
  ]);
  t.is(sumOf(changes), "1 object changed, 3 new, 2 gone");
});

test("a preview says what it was compared with, and shows the whole stack as new where it was compared with nothing", (t) => {
  const version = (cpu: string) => new Map([deployment("api", { cpu })]);
  t.deepEqual(comparedLines(version("1"), { name: "what stack dev runs", declared: version("500m") }), [
    "compared with what stack dev runs: 1 object changed, 0 new, 0 gone",
    "  bgc-platform: 1 changed (1 Deployment)",
    "  Deployment data/api: cpu: 500m -> 1",
  ]);
  t.deepEqual(comparedLines(version("1"), { name: "the last commit, 1a2b3c4", declared: version("1") }), [
    "compared with the last commit, 1a2b3c4: 0 objects changed, 0 new, 0 gone",
  ]);
  t.deepEqual(comparedLines(version("1"), { reason: "no file differs from the last commit, 1a2b3c4" }), [
    "not compared, because no file differs from the last commit, 1a2b3c4: the whole stack is new",
    "  bgc-platform: 1 new (1 Deployment)",
  ]);
});
