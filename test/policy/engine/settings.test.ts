import test from "ava";
import { levelOf } from "../../../policies/engine/enforcement.ts";
import { fromManifest, fromPulumi } from "../../../policies/model/kubernetes-object.ts";
import { evaluate } from "../../../policies/engine/judge.ts";
import { rulesAsOf } from "../../../policies/rules/index.ts";
import { settingsFor } from "../../../policies/engine/overrides.ts";
import { parseSettings, SettingsError, settingsSchema, withNumbers } from "../../../policies/engine/settings.ts";
import { judged, line, today } from "../fixtures/fixture.ts";
import type { Edit } from "../fixtures/fixture.ts";

const refused = (own: unknown) => {
  try {
    return parseSettings(own);
  } catch (error) {
    return error instanceof SettingsError ? error.message.split("\n") : error;
  }
};
const liveness = (settings: unknown) =>
  judged([], settings)
    .findings.map(line)
    .filter((text) => text.includes("livenessProbe.timeoutSeconds"));

test("the defaults are the runbooks' numbers, for every object, by severity, and not strict", (t) => {
  t.like(parseSettings(), {
    "X02-container-resources": { requireCpuLimit: true },
    "X03-liveness-timing": { minTimeoutSeconds: 2, minFailureThreshold: 2 },
    "X08-job-bounds": { requireTtl: false },
    "B04-postgres-liveness": { timeoutSeconds: 10, initialDelaySeconds: 60, periodSeconds: 30, failureThreshold: 5 },
    "B05-postgres-startup": { budgetSeconds: 300 },
    "B06-redis-memory": { limitRatio: 1.5 },
    "X03-probes": { required: ["startupProbe", "readinessProbe", "livenessProbe"] },
    profile: "strict",
    overrides: [],
    enforcement: {},
    strict: false,
  });
  t.deepEqual(parseSettings(null), parseSettings());
});

test("every section of numbers belongs to a rule", (t) => {
  const ids = new Set(rulesAsOf(today).map(({ id }) => id));
  t.deepEqual(
    Object.keys(parseSettings()).filter((name) => !ids.has(name)),
    ["profile", "overrides", "enforcement", "strict"],
  );
});

test("one number can be set without the others", (t) => {
  t.deepEqual(parseSettings({ "B04-postgres-liveness": { timeoutSeconds: 20 } })["B04-postgres-liveness"], {
    timeoutSeconds: 20,
    initialDelaySeconds: 60,
    periodSeconds: 30,
    failureThreshold: 5,
  });
});

test("wrong settings are refused all at once, each with its path, and unknown names with the nearest valid one", (t) => {
  t.deepEqual(
    refused({
      "B04-postgres-liveness": { timeoutSeconds: "ten", patience: 1 },
      "B06-redis-memry": {},
      "X04-spread": { nodes: 2 },
      overrides: [
        {
          namespace: "edi",
          workload: "Deploy/bots-webserver",
          rules: { "B05-postgres-startup": { budgetSecond: 1 }, "B06-redis-memory": { limitRatio: 0.5 } },
        },
        { workload: "Deployment/api" },
      ],
      enforcement: { "X01-privileged": "off", "X04-spred": "advisory" },
      stric: true,
    }),
    [
      "The policy settings are not valid:",
      '  B04-postgres-liveness.timeoutSeconds: Invalid input: expected number, received string (is "ten")',
      '  B04-postgres-liveness.patience: there is no such setting; the nearest is "periodSeconds"; there are failureThreshold, initialDelaySeconds, periodSeconds, timeoutSeconds',
      '  overrides[0].workload: must be Kind/name with a kind of Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, Pod, PodTemplate (is "Deploy/bots-webserver")',
      '  overrides[0].rules.B05-postgres-startup.budgetSecond: there is no such setting; the only one is "budgetSeconds"',
      "  overrides[0].rules.B06-redis-memory.limitRatio: Too small: expected number to be >=1 (is 0.5)",
      "  overrides[1].namespace: Invalid input: expected string, received undefined",
      "  overrides[1].rules: Invalid input: expected object, received undefined",
      '  enforcement.X01-privileged: Invalid option: expected one of "mandatory"|"advisory"|"disabled" (is "off")',
      '  enforcement.X04-spred: there is no such setting; the nearest is "X04-spread"; docs/policies.md has them all',
      '  B06-redis-memry: there is no such setting; the nearest is "B06-redis-memory"; docs/policies.md has them all',
      "  X04-spread: this rule has no settings",
      '  stric: there is no such setting; the nearest is "strict"; docs/policies.md has them all',
    ],
  );
  t.deepEqual(refused("all"), [
    "The policy settings are not valid:",
    '  (settings): Invalid input: expected object, received string (is "all")',
  ]);
});

test("a namespace has numbers of its own, and no other namespace has them", (t) => {
  const rules = { "B04-postgres-liveness": { timeoutSeconds: 20 } };
  t.deepEqual(liveness({ overrides: [{ namespace: "data", rules }] }), [
    'StatefulSet data/pg-postgresql, container "postgres": livenessProbe.timeoutSeconds is 10, must be at least 20',
  ]);
  t.deepEqual(liveness({ overrides: [{ namespace: "edi", rules }] }), []);
});

test("a workload's numbers win over its namespace's in whatever order they are written, and what they leave out stays", (t) => {
  const strict = { namespace: "data", rules: { "B04-postgres-liveness": { timeoutSeconds: 20, periodSeconds: 15 } } };
  const own = {
    namespace: "data",
    workload: "StatefulSet/pg-postgresql",
    rules: { "B04-postgres-liveness": { timeoutSeconds: 10 } },
  };
  t.deepEqual(liveness({ overrides: [own, strict] }), []);
  const [postgres, other] = ["pg-postgresql", "other"].flatMap((name) =>
    fromManifest({ apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name, namespace: "data" } }),
  );
  const numbers = (object: typeof postgres) =>
    settingsFor(object!, parseSettings({ overrides: [own, strict] }))["B04-postgres-liveness"];
  t.deepEqual(numbers(postgres), {
    timeoutSeconds: 10,
    initialDelaySeconds: 60,
    periodSeconds: 15,
    failureThreshold: 5,
  });
  t.deepEqual(numbers(other), { timeoutSeconds: 20, initialDelaySeconds: 60, periodSeconds: 15, failureThreshold: 5 });
});

test("a namespace's numbers are also those of the Namespace itself, and of two overrides the later one wins", (t) => {
  const [namespace] = fromManifest({ apiVersion: "v1", kind: "Namespace", metadata: { name: "data" } });
  const override = (budgetSeconds: number) => ({
    namespace: "data",
    rules: { "B05-postgres-startup": { budgetSeconds } },
  });
  t.is(
    settingsFor(namespace!, parseSettings({ overrides: [override(600), override(900)] }))["B05-postgres-startup"]
      .budgetSeconds,
    900,
  );
});

test("where the namespace is not known yet, only the numbers that depend on it cannot be read", (t) => {
  class UnknownValueError extends Error {}
  const metadata = {
    name: "api",
    get namespace(): string {
      throw new UnknownValueError("unknown");
    },
  };
  const [object] = fromPulumi({ type: "kubernetes:apps/v1:Deployment", name: "api", urn: "urn", props: { metadata } });
  const settings = settingsFor(
    object!,
    parseSettings({ overrides: [{ namespace: "data", rules: { "B05-postgres-startup": { budgetSeconds: 600 } } }] }),
  );
  t.throws(() => settings["B05-postgres-startup"], {
    message: "the value of metadata.namespace is not known before it is created",
  });
  t.is(settings["B06-redis-memory"].limitRatio, 1.5);
});

test("a finding is mandatory unless its rule's severity is low, and the settings say otherwise by rule", (t) => {
  const settings = parseSettings({ enforcement: { "X04-spread": "advisory" } });
  t.deepEqual(
    (["low", "medium", "high", "critical"] as const).map((severity) =>
      levelOf({ id: "X01-privileged", severity }, settings),
    ),
    ["advisory", "mandatory", "mandatory", "mandatory"],
  );
  t.is(levelOf({ id: "X04-spread", severity: "high" }, settings), "advisory");
});

test("a disabled rule does not look, and the others do", (t) => {
  const edits: Edit[] = [
    ["api", "spec.template.spec.terminationGracePeriodSeconds", 0],
    ["api", "spec.template.spec.hostIPC", true],
  ];
  const found = (settings: unknown) =>
    judged(edits, settings)
      .findings.map(({ rule }) => rule.id)
      .filter((id) => ["X01-host-namespaces", "X04-grace-period"].includes(id))
      .sort();
  t.deepEqual(found({}), ["X01-host-namespaces", "X04-grace-period"]);
  t.deepEqual(found({ enforcement: { "X04-grace-period": "disabled" } }), ["X01-host-namespaces"]);
});

test("strict settings make a verdict that is left open a violation, for which an exception can answer", (t) => {
  class UnknownValueError extends Error {}
  const pod = (annotations: object) =>
    fromPulumi({
      type: "kubernetes:core/v1:Pod",
      name: "p",
      urn: "urn",
      props: {
        metadata: { name: "p", annotations },
        spec: {
          containers: [
            {
              name: "main",
              get image(): string {
                throw new UnknownValueError("unknown");
              },
            },
          ],
        },
      },
    });
  const about = (objects: ReturnType<typeof pod>, strict: boolean) => {
    const { findings, excepted, notEvaluated } = evaluate(objects, parseSettings({ strict }), today);
    return [findings, excepted, notEvaluated].map((list) =>
      list.filter(({ rule }) => rule.id === "X08-image-pinned").map(line),
    );
  };
  const open = [
    'Pod default/p, container "main": not evaluated: the value of spec.containers[0].image is not known before it is created',
  ];
  t.deepEqual(about(pod({}), false), [[], [], open]);
  t.deepEqual(about(pod({}), true), [open, [], []]);
  t.deepEqual(
    about(
      pod({ "production-platform/exception.X08-image-pinned": "built in the same update; until=2026-03-31" }),
      true,
    ),
    [[], open, []],
  );
});

test("a rule's settings have a schema with what is set as defaults and a sentence each; rules without settings have none", (t) => {
  t.like(settingsSchema("B05-postgres-startup"), { properties: { budgetSeconds: { type: "integer", default: 300 } } });
  const settings = withNumbers(
    parseSettings({ overrides: [{ namespace: "data", rules: {} }] }),
    "B05-postgres-startup",
    { budgetSeconds: 600 },
  );
  t.like(settingsSchema("B05-postgres-startup", settings), { properties: { budgetSeconds: { default: 600 } } });
  t.is(settings.overrides.length, 1);
  t.is(settingsSchema("X01-privileged"), undefined);
  for (const { id } of rulesAsOf(today)) {
    for (const [name, property] of Object.entries(settingsSchema(id)?.properties ?? {}))
      t.regex((property as { description?: string }).description ?? "", /\(.+\)$/, `${id}.${name}`);
  }
});
