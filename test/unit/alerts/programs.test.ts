import test from "ava";
import { metricSources } from "../../../components/alerts/metrics.ts";
import { exportDatabaseMetrics } from "../../../workloads/server/edi/metrics.ts";
import { exposeGatewayMetrics } from "../../../workloads/server/gateway/metrics.ts";
import { createMetrics } from "../../../workloads/server/observability/metrics.ts";

test("every metric that alerts read of the programs is one that the contract server tells", (t) => {
  const metrics = createMetrics("any", { ofProcess: false });
  exposeGatewayMetrics({ state: async () => "CLOSED" }, [], { metrics });
  exportDatabaseMetrics({ query: async () => [] }, metrics.registry);
  const told = metrics.registry.getMetricsAsArray().map(({ name }) => name);
  const [programs] = metricSources;
  t.is(programs!.name, "the programs");
  t.deepEqual(
    programs!.metrics.filter((metric) => !told.includes(metric.replace(/_(bucket|sum|count)$/, ""))),
    [],
  );
});
