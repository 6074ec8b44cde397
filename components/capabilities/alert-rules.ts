import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { SystemAlerts } from "../alerts/alert.ts";
import { ruleGroup } from "../alerts/rules.ts";

export interface AlertRulesArgs {
  readonly alerts: SystemAlerts;
  /** Labels by which a Prometheus finds its rules. */
  readonly labels: Readonly<Record<string, string>>;
  /** Where people find the files of this checkout. @default alerts name their pages by path */
  readonly pages?: string | undefined;
}

/**
 * A system's alerts as a PrometheusRule in its namespace (P09, E13, G10, T07). The cluster needs the Prometheus
 * operator.
 */
export class AlertRules extends pulumi.ComponentResource {
  constructor(name: string, { alerts, labels, pages }: AlertRulesArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:capability:AlertRules", name, {}, options);
    new k8s.apiextensions.CustomResource(
      name,
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PrometheusRule",
        metadata: { name: alerts.system, namespace: alerts.namespace, labels },
        spec: { groups: [ruleGroup(alerts, pages)] },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
