import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { parse } from "yaml";
import { z } from "zod";
import { ruleGroup } from "../../../components/alerts/rules.ts";
import { systemAlerts } from "../../../components/systems/alerts.ts";
import { checkout } from "../../../scripts/support/checkout.ts";
import { stackVariant } from "../../support/stack-variant.ts";

type Schema = Readonly<Record<string, unknown>>;

/** A definition's schema as it judges under strict validation: unknown fields are refused. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== "object" || schema === null) return schema;
  const closed = (schema as Schema)["properties"] ? { additionalProperties: false, ...schema } : schema;
  return Object.fromEntries(
    Object.entries(closed).map(([key, value]) => [
      key,
      // Go's way to say that case does not count.
      key === "pattern" ? String(value).replace("(?i)(", "(?i:") : strict(value),
    ]),
  );
}

const definition = parse(readFileSync(join(checkout, "test/support/prometheusrules.yaml"), "utf8")) as {
  spec: { versions: { name: string; schema: { openAPIV3Schema: { properties: { spec: Schema } } } }[] };
};
const spec = z.fromJSONSchema(strict(definition.spec.versions[0]!.schema.openAPIV3Schema.properties.spec) as never);
const problems = (value: unknown) =>
  spec.safeParse(value).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

const rulesOf = async (stack: string, changes: Readonly<Record<string, unknown>>) =>
  (await stackVariant(stack, changes)).objects.filter(({ kind }) => kind === "PrometheusRule");

test("a stack with the Prometheus operator declares each system's alerts in its namespace, by the labels and pages that it says (P09, E13, G10, T07)", async (t) => {
  const rules = await rulesOf("prod", {
    clusterAddons: ["cert-manager", "keda", "prometheus-operator", "sealed-secrets", "velero", "volume-snapshots"],
    alerting: {
      ruleLabels: { release: "kube-prometheus-stack" },
      pages: "https://git.example.com/platform/blob/main/",
    },
  });
  t.deepEqual(
    rules.map(({ apiVersion, metadata: { name, namespace, labels } }) => ({ apiVersion, name, namespace, labels })),
    systemAlerts.map(({ system, namespace }) => ({
      apiVersion: "monitoring.coreos.com/v1",
      name: system,
      namespace,
      labels: { release: "kube-prometheus-stack" },
    })),
  );
  for (const [index, alerts] of systemAlerts.entries())
    t.deepEqual(rules[index]!["spec"], {
      groups: [ruleGroup(alerts, "https://git.example.com/platform/blob/main")],
    });
  t.deepEqual(
    ruleGroup(systemAlerts[2]!, "https://git.example.com/platform/blob/main").rules.find(
      ({ alert }) => alert === "BotsQueueDeep",
    ),
    {
      alert: "BotsQueueDeep",
      expr: 'max by (namespace) (bots_queue_depth{namespace="edi"}) >= 100',
      for: "10m",
      labels: { system: "bots-edi", severity: "warning", notify: "message" },
      annotations: {
        summary: "As many transactions wait as the objective allows at most.",
        threshold: "100",
        response: "within a working day",
        command: "npx runbook run bots-edi bots-engine",
        runbook_url: "https://git.example.com/platform/blob/main/docs/alerts.md#bots-edi-botsqueuedeep",
      },
    },
  );
});

test("a system that is deployed alone brings its own rules and no other", async (t) => {
  const rules = await rulesOf("dev", { systems: ["bots-edi"], clusterAddons: ["prometheus-operator"] });
  t.deepEqual(
    rules.map(({ metadata: { name, namespace, labels } }) => [name, namespace, labels]),
    [["bots-edi", "edi", {}]],
  );
  const [rule] = (
    rules[0]!["spec"] as { groups: { rules: { annotations?: { runbook_url: string } }[] }[] }
  ).groups[0]!.rules.filter(({ annotations }) => annotations);
  t.is(rule!.annotations!.runbook_url, "docs/alerts.md#bots-edi-botswebserverdown");
});

test("without the operator no stack declares a rule", async (t) => {
  t.deepEqual([await rulesOf("dev", {}), await rulesOf("prod", {})], [[], []]);
});

test("the operator's own definition takes the rules of every system, and refuses a field and a duration that it does not know", (t) => {
  for (const alerts of systemAlerts) t.deepEqual(problems({ groups: [ruleGroup(alerts)] }), [], alerts.system);
  const group = ruleGroup(systemAlerts[0]!);
  const [first] = group.rules;
  const wrong = (rule: object) => problems({ groups: [{ ...group, rules: [{ ...first, ...rule }] }] });
  t.deepEqual(wrong({ severity: "critical" }), ['groups.0.rules.0: Unrecognized key: "severity"']);
  t.is(wrong({ for: "5 minutes" }).length, 1);
  t.is(wrong({ labels: { system: 1 } }).length, 1);
});
