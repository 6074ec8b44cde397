import test from "ava";
import { type Alert, filled, pageOf, thresholdText } from "../../../components/alerts/alert.ts";
import { metricSources } from "../../../components/alerts/metrics.ts";
import { systemAlerts } from "../../../components/systems/alerts.ts";
import { systemNames, systems } from "../../../components/systems/index.ts";
import { checkout } from "../../../scripts/support/checkout.ts";
import { readCoverage } from "../../../scripts/support/coverage.ts";
import { read } from "./support/promql.ts";

const each = systemAlerts.flatMap((system) => system.alerts.map((alert) => ({ ...system, alert })));
const queries = systemAlerts.flatMap(({ system, namespace, records, alerts }) =>
  [...records, ...alerts].map((rule) => ({
    about: `${system} ${"name" in rule ? rule.name : rule.record}`,
    system,
    namespace,
    ...read(rule.expr),
  })),
);
const recorded = new Set(systemAlerts.flatMap(({ records }) => records.map(({ record }) => record)));

test("every system is watched in its own namespace", (t) => {
  t.deepEqual(
    systemAlerts.map(({ system, namespace }) => [system, namespace]),
    systemNames.map((name) => [name, systems[name].namespace]),
  );
});

test("every query is PromQL, and one that is not is found with its place", (t) => {
  t.deepEqual(
    queries.flatMap(({ about, errors }) => errors.map((error) => `${about} ${error}`)),
    [],
  );
  t.deepEqual(read("sum by (namespace (up)) > 0").errors, ["at 18: (up)) > 0", "at 22: ) > 0"]);
});

test("every metric that an alert reads is told by somebody, and no list names one that none reads", (t) => {
  const read = new Set(queries.flatMap(({ selectors }) => selectors.map(({ metric }) => metric)));
  const told = metricSources.flatMap(({ metrics }) => metrics);
  t.is(new Set(told).size, told.length);
  t.deepEqual([...read].filter((metric) => !recorded.has(metric)).sort(), [...told].sort());
});

test("whoever tells what a system's alerts read is missed where it is gone, but for what only some stacks have", (t) => {
  const metrics = (expr: string) => read(expr).selectors.map(({ metric }) => metric);
  const sources = (names: readonly string[]) =>
    metricSources.filter((source) => names.some((name) => source.metrics.includes(name))).map(({ name }) => name);
  const unless = ["cert-manager", "Prometheus"];
  for (const { system, records, alerts } of systemAlerts) {
    const missing = metrics(alerts.find(({ name }) => name === "MetricsMissing")!.expr);
    const behind = records.filter(({ record }) => missing.includes(record)).flatMap(({ expr }) => metrics(expr));
    const all = [...records, ...alerts].flatMap(({ expr }) => metrics(expr));
    t.deepEqual(
      sources([...missing, ...behind]),
      sources(all).filter((name) => !unless.includes(name)),
      system,
    );
  }
});

test("every selector names its system or its namespace, so that no other system's series make an alert fire", (t) => {
  t.deepEqual(
    queries.flatMap(({ about, system, namespace, selectors }) =>
      selectors
        .filter(
          ({ matchers }) =>
            ![`namespace="${namespace}"`, `exported_namespace="${namespace}"`, `system="${system}"`].some((wanted) =>
              matchers.includes(wanted),
            ),
        )
        .map(({ metric }) => `${about} reads ${metric} of every namespace`),
    ),
    [],
  );
});

test("an alert has its name once in its system, a severity of the runbook's scale, and a row of the runbooks (P14, T14)", (t) => {
  const rows = new Set(readCoverage(checkout).flatMap((runbook) => runbook.rows.map(({ id }) => id)));
  for (const { system, alerts, severities } of systemAlerts) {
    const names = alerts.map(({ name }) => name);
    t.deepEqual([...new Set(names)], names, system);
    for (const { name, severity, threshold, hides = [] } of alerts) {
      t.true(severities.includes(severity), `${system} ${name}: ${severity.level}`);
      t.true(rows.has(threshold.row), `${system} ${name}: ${threshold.row}`);
      t.deepEqual(
        hides.filter((hidden) => !names.includes(hidden) || hidden === name),
        [],
        `${system} ${name}`,
      );
    }
  }
  t.deepEqual(
    ["platform-service", "techbra-ecommerce"].map((name) =>
      systemAlerts
        .find(({ system }) => system === name)!
        .severities.map(({ level, response }) => `${level} ${response}`),
    ),
    [
      ["P0 immediately", "P1 within 30 minutes", "P2 within 2 hours", "P3 within 24 hours"],
      ["P1 immediately", "P2 immediately", "P3 within 2 hours", "P4 in the next sprint"],
    ],
  );
});

test("every alert of the runbooks is there with the runbook's number (P09, E13, G10, T07, B17)", (t) => {
  const numbers = (wanted: string, ...rows: string[]) =>
    each
      .filter(({ system, alert }) => system === wanted && rows.includes(alert.threshold.row))
      .map(({ alert }) => `${alert.name} ${thresholdText(alert.threshold)} ${alert.severity.level}`);
  t.deepEqual(numbers("platform-service", "P09").slice(0, 3), [
    "HighErrorRate 1 % P1",
    "HighLatency 0.5 s P2",
    "HighMemoryUsage 90 % P2",
  ]);
  t.deepEqual(numbers("bots-edi", "E13").slice(0, 6), [
    "BotsWebserverDown 0 critical",
    "BotsDatabaseUnreachable 0 critical",
    "VolumeAlmostFull 90 % critical",
    "BotsHighErrorRate 5 % warning",
    "BotsSlowProcessing 120 s warning",
    "JobFailed 0 s warning",
  ]);
  t.deepEqual(numbers("resilient-api-gateway", "G10").slice(0, 6), [
    "ServiceDown 0 critical",
    "UpstreamHighErrorRate 5 % critical",
    "CircuitBreakerFrequentlyOpen 20 % warning",
    "HighRateLimitRejections 0.1 a second warning",
    "RedisHighMemoryUsage 80 % warning",
    "HighResponseLatency 1 s warning",
  ]);
  t.deepEqual(
    numbers("techbra-ecommerce", "T07").filter((line) => !/Burn|TargetDown|MetricsMissing/.test(line)),
    [
      "ServiceLatency 0.5 s P2",
      "ServiceErrors 1 % P1",
      "CpuHigh 70 % P3",
      "MemoryHigh 80 % P3",
      "JvmHeap 75 % P3",
      "ConsumerLag 1000 P2",
      "KafkaDisk 80 % P2",
      "KafkaMemory 85 % P2",
      "ConnectionPool 80 % P2",
      "PostgresConnections 80 % P2",
      "QueryLatency 0.1 s P2",
      "PostgresLockWaits 5 % P2",
      "RedisHighMemoryUsage 80 % P3",
      "CacheHitRateLow 95 % P3",
    ],
  );
  t.deepEqual(
    numbers("bgc-platform", "B17").filter((line) => !/TargetDown|MetricsMissing/.test(line)),
    [
      "ErrorBudgetBurnFast 0.1 % critical",
      "ErrorBudgetBurnSlow 0.1 % warning",
      "LatencyBudgetBurnFast 5 % critical",
      "LatencyBudgetBurnSlow 5 % warning",
      "CacheHitRateLow 80 % warning",
      "ActiveConnectionsHigh 50 warning",
      "PostgresRestarted 0 warning",
    ],
  );
});

test("a placeholder is filled with its label, and the page of an alert is its heading as GitHub links it", (t) => {
  const text = "npx runbook run bots-edi {{ $labels.cronjob }}";
  t.is(filled(text, { cronjob: "bots-engine" }), "npx runbook run bots-edi bots-engine");
  t.is(filled(text, {}), "npx runbook run bots-edi ");
  t.is(pageOf("bots-edi", { name: "BotsWebserverDown" }), "docs/alerts.md#bots-edi-botswebserverdown");
});

test("a threshold is shown in its unit", (t) => {
  const shown = (value: number, unit: Alert["threshold"]["unit"]) => thresholdText({ value, unit, row: "B17" });
  t.deepEqual(
    [
      shown(0.001, "ratio"),
      shown(0.05, "ratio"),
      shown(1000, "count"),
      shown(0.1, "per second"),
      shown(0.2, "seconds"),
      shown(120, "seconds"),
      shown(93_600, "seconds"),
      shown(14 * 86_400, "seconds"),
    ],
    ["0.1 %", "5 %", "1000", "0.1 a second", "0.2 s", "120 s", "26 hours", "14 days"],
  );
});

test("a quantile is made of rates that are put together over all pods before it is taken (P13)", (t) => {
  const quantiles = each.filter(({ alert }) => alert.expr.includes("histogram_quantile"));
  t.deepEqual(
    quantiles.map(({ system, alert }) => `${system} ${alert.name}`),
    [
      "platform-service HighLatency",
      "bots-edi BotsSlowProcessing",
      "resilient-api-gateway HighResponseLatency",
      "techbra-ecommerce ServiceLatency",
      "techbra-ecommerce QueryLatency",
    ],
  );
  for (const { system, alert } of quantiles)
    t.regex(
      alert.expr,
      /histogram_quantile\(0\.95, (sum|max) by \(namespace, (\w+, )?le\) \(rate\(\w+_bucket\{[^}]*\}\[\d+m\]\)\)\)/,
      `${system} ${alert.name}`,
    );
});
