import type { Alert } from "./alert.ts";
import { type Where, within } from "./where.ts";

/** No pod of a Deployment is available. kube-state-metrics outlives the pods, which a scrape of them does not. */
export const serviceDown = (
  { system, namespace, severity }: Where,
  deployments: string,
  more: Pick<Alert, "name" | "hides"> & { readonly row: string },
): Alert => {
  const { row, ...own } = more;
  const selector = `{${within(namespace)}, deployment=~"${deployments}"}`;
  return {
    ...own,
    expr: `max by (namespace, deployment) (kube_deployment_status_replicas_available${selector}) == 0`,
    threshold: { value: 0, unit: "count", row },
    for: "1m",
    severity,
    summary: "No pod of {{ $labels.deployment }} is available.",
    command: `npx runbook status ${system}`,
  };
};

/** Prometheus finds a target and gets no answer of it. */
export const targetDown = ({ system, namespace, severity }: Where, row: string): Alert => ({
  name: "TargetDown",
  expr: `max by (namespace, pod) (up{${within(namespace)}}) == 0`,
  threshold: { value: 0, unit: "count", row },
  for: "5m",
  severity,
  summary: "{{ $labels.pod }} does not answer with its metrics.",
  command: `npx runbook status ${system}`,
});

/** An alert that looks at a metric is silent where the metric is gone: so each has somebody who misses it. */
export const metricsMissing = (
  { system, namespace, severity }: Where,
  metrics: readonly string[],
  row: string,
): Alert => ({
  name: "MetricsMissing",
  expr: metrics
    .map((metric) => `label_replace(absent(${metric}{${within(namespace)}}), "metric", "${metric}", "", "")`)
    .join("\nor\n"),
  threshold: { value: 1, unit: "count", row },
  for: "5m",
  severity,
  summary: "Nobody tells {{ $labels.metric }} any more: alerts that need it are silent.",
  command: `npx runbook status ${system}`,
});
