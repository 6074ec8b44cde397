import type { Alert } from "../../alerts/alert.ts";
import { burnRates, share, slowerThan, slowerThanP95 } from "../../alerts/burn-rates.ts";
import { serviceDown } from "../../alerts/reach.ts";
import { p1ToP4 } from "../../alerts/severities.ts";
import { cpuUsed, memoryUsed } from "../../alerts/usage.ts";
import { above, here, namespace, slower, status, system } from "./alert-forms.ts";
import { techbraObjectives } from "./objectives.ts";

const { P1, P3, P4 } = p1ToP4;
const services = "order-service|billing-service|inventory-service|bff";
/** Probes and scrapes are no requests of a customer. */
const requests = `${here}, uri!~"/actuator.*"`;
const logs = `npx runbook logs ${system} --app {{ $labels.service }}`;

const failed = share(
  `http_server_requests_seconds_count{${requests}, outcome="SERVER_ERROR"}`,
  `http_server_requests_seconds_count{${requests}}`,
  "namespace, service",
);
const perService = { system, row: "T07", severities: { fast: P1, slow: P4 } } as const;
const errors = burnRates({
  ...perService,
  of: "errors",
  budget: techbraObjectives.errorRatePercent / 100,
  bad: failed,
  command: logs,
});
const latency = burnRates({
  ...perService,
  of: "latency",
  budget: slowerThanP95,
  bad: slowerThan(
    "http_server_requests_seconds",
    requests,
    techbraObjectives.p95Milliseconds / 1000,
    "namespace, service",
  ),
  command: status,
});

/** The ratios that the services' budgets are read of. */
export const programRecords = [...errors.records, ...latency.records];

/** What is watched of the four services (T07, T08). */
export const programAlerts: readonly Alert[] = [
  serviceDown({ system, namespace, severity: P1 }, services, {
    name: "ServiceDown",
    row: "T08",
    hides: ["ServiceErrors", "ServiceLatency", "ErrorBudgetBurnFast", "LatencyBudgetBurnFast", "TargetDown"],
  }),
  slower(techbraObjectives.p95Milliseconds, `http_server_requests_seconds_bucket{${requests}}`, "service", {
    name: "ServiceLatency",
    summary: "One request in twenty to {{ $labels.service }} takes longer than the objective.",
    command: status,
  }),
  above(techbraObjectives.errorRatePercent, failed("5m"), P1, {
    name: "ServiceErrors",
    for: "5m",
    summary: "{{ $labels.service }} fails more requests than the objective allows.",
    command: logs,
  }),
  above(techbraObjectives.cpuPercent, cpuUsed(namespace, services), P3, {
    name: "CpuHigh",
    summary: "{{ $labels.pod }} uses much of the processor time that it may use.",
    command: status,
  }),
  above(techbraObjectives.memoryPercent, memoryUsed(namespace, services), P3, {
    name: "MemoryHigh",
    summary: "{{ $labels.pod }} uses much of the memory that it may use.",
    command: `npx runbook restart ${system} {{ $labels.container }}`,
  }),
  above(
    techbraObjectives.jvmHeapPercent,
    // Regions without a bound say -1.
    `sum by (namespace, pod) (jvm_memory_used_bytes{${here}, area="heap"})
/ sum by (namespace, pod) (jvm_memory_max_bytes{${here}, area="heap"} > 0)`,
    P3,
    { name: "JvmHeap", summary: "The heap of {{ $labels.pod }} fills up.", command: status },
  ),
  ...errors.alerts,
  ...latency.alerts,
];
