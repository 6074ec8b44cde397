import test from "ava";
import { formats } from "../../../../policies/gates/check/formats/index.ts";
import { checkFiles, privilegedPod } from "./checking.ts";

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly kind?: string;
  readonly message: { readonly text: string };
  readonly locations: readonly { readonly physicalLocation?: unknown; readonly logicalLocations: unknown }[];
  readonly partialFingerprints?: Readonly<Record<string, string>>;
  readonly suppressions?: unknown;
}
interface Run {
  readonly tool: {
    readonly driver: {
      readonly name: string;
      readonly rules: readonly (Record<string, unknown> & { readonly id: string })[];
    };
  };
  readonly invocations: readonly unknown[];
  readonly results: readonly Result[];
}

async function run(files: Record<string, string>, baseline?: string): Promise<Run> {
  const { report } = await checkFiles(
    { ...files, ...(baseline === undefined ? {} : { "known.txt": baseline }) },
    { rules: ["X01-privileged", "X01-host-port"], ...(baseline === undefined ? {} : { baseline: "known.txt" }) },
  );
  const log = JSON.parse(formats.sarif(report)) as { version: string; $schema: string; runs: Run[] };
  if (log.version !== "2.1.0" || log.runs.length !== 1) throw new Error("not one run of SARIF 2.1.0");
  return log.runs[0]!;
}

test("a result names its rule, place and fingerprint", async (t) => {
  const { tool, results } = await run({ "a b/pod.yaml": privilegedPod("bad") });
  t.is(results.length, 1);
  const [{ partialFingerprints, ...result }] = results as [Result];
  t.deepEqual(result, {
    ruleId: "X01-privileged",
    ruleIndex: 0,
    level: "error",
    message: { text: 'Pod data/bad, container "main": runs privileged' },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: "a%20b/pod.yaml" }, region: { startLine: 9, startColumn: 9 } },
        logicalLocations: [
          {
            name: "Pod data/bad",
            fullyQualifiedName: "Pod data/bad spec.containers[0].securityContext.privileged",
            kind: "resource",
          },
        ],
      },
    ],
  });
  t.regex(partialFingerprints!["check/v1"]!, /^[0-9a-f]{32}:1$/);
  t.is(tool.driver.rules[0]!.id, "X01-privileged");
});

test("a rule comes with its help and its severity in numbers", async (t) => {
  const { tool } = await run({ "pod.yaml": privilegedPod("bad") });
  t.like(tool.driver.rules[0], {
    id: "X01-privileged",
    name: "X01Privileged",
    shortDescription: { text: "Containers are not privileged" },
    fullDescription: { text: "A privileged container is root on its node." },
    help: {
      markdown:
        "A privileged container is root on its node.\n\nWrite:\n\n```yaml\nsecurityContext:\n  privileged: false\n```",
    },
    defaultConfiguration: { level: "error" },
    properties: { "security-severity": "9.5" },
  });
});

test("findings that are alike have fingerprints of their own, which lines do not change", async (t) => {
  const ports = privilegedPod("bad")
    .replace("privileged: true", "privileged: false")
    .replace("      securityContext", "      ports: [{ hostPort: 80 }, { hostPort: 80 }]\n      securityContext");
  const fingerprints = async (text: string) =>
    (await run({ "pod.yaml": text })).results.map((result) => result.partialFingerprints!["check/v1"]!);
  const [first, second] = (await fingerprints(ports)) as [string, string];
  t.is(first.replace(/1$/, "2"), second);
  t.deepEqual(await fingerprints(`# moved\n${ports}`), [first, second]);
});

test("what is excepted or known is there, and suppressed with its reason", async (t) => {
  const excused = privilegedPod("excused").replace(
    "namespace: data",
    'namespace: data, annotations: { production-platform/exception.X01-privileged: "a device; until=2026-05-31" }',
  );
  const { accepted } = await checkFiles({ "a.yaml": privilegedPod("old") }, { rules: ["X01-privileged"] });
  const { results } = await run({ "a.yaml": privilegedPod("old"), "b.yaml": excused }, JSON.stringify(accepted));
  t.deepEqual(
    results.map(({ suppressions }) => suppressions),
    [
      [{ kind: "external", justification: "in the baseline" }],
      [{ kind: "inSource", justification: "a device; until 2026-05-31" }],
    ],
  );
});

test("an input that could not be read is a notification of a run that did not succeed", async (t) => {
  const { invocations, results } = await run({ "a.yaml": "kind: [\n" });
  t.deepEqual(results, []);
  t.deepEqual(invocations, [
    {
      executionSuccessful: false,
      toolExecutionNotifications: [
        {
          level: "error",
          message: { text: "is no YAML or JSON: a quotation mark or a bracket before is never closed" },
          locations: [
            { physicalLocation: { artifactLocation: { uri: "a.yaml" }, region: { startLine: 2, startColumn: 1 } } },
          ],
        },
      ],
    },
  ]);
});
