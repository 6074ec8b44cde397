import type * as pulumi from "@pulumi/pulumi";
import { solverFlows, solverSelectors } from "../capabilities/certificate.ts";
import { GuardedNamespace, type Quota } from "../capabilities/guarded-namespace.ts";
import { metricsFlows, NetworkFlows, type NetworkFlowsArgs } from "../capabilities/network-flows.ts";
import { AlertRules } from "../capabilities/alert-rules.ts";
import { systemAlerts } from "./alerts.ts";
import type { SystemContext } from "./target.ts";

/** Who talks to whom in a system's namespace (X05). */
export interface SystemNetwork extends Omit<NetworkFlowsArgs, "namespace" | "dnsCidrs"> {
  /** Ports at which apps tell their metrics; those who monitor the stack may fetch them. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Whether a host of the system has a certificate. @default false */
  readonly certified?: boolean;
}

/** Options for the parts of a system, by what has to be there before them. */
export interface Order {
  /** Nothing. */
  readonly parent: { readonly parent: pulumi.ComponentResource };
  /** The namespace with its quota and limits. */
  readonly inside: { readonly parent: pulumi.ComponentResource; readonly dependsOn: pulumi.Resource[] };
  /** Those and the network policies: for what holds data. */
  readonly guarded: { readonly parent: pulumi.ComponentResource; readonly dependsOn: pulumi.Resource[] };
}

/** The namespace of a system, guarded and with its flows (X01, X02, X05). */
export function securedNamespace(
  system: pulumi.ComponentResource,
  namespace: string,
  quota: Quota,
  network: SystemNetwork,
  context: SystemContext,
): Order {
  const { metrics, flows, certified = false, selectors, ...rest } = network;
  const { addons, alerting, retainData, purpose, monitoringFrom, dnsCidrs, certificates, ingressFrom } = context;
  const parent = { parent: system };
  const { guards } = new GuardedNamespace(namespace, { quota, purpose, protect: retainData }, parent);
  const inside = { ...parent, dependsOn: guards };
  const solvers = certified ? solverFlows(certificates, ingressFrom) : [];
  const policies = new NetworkFlows(
    namespace,
    {
      namespace,
      flows: [...flows, ...metricsFlows(monitoringFrom, metrics), ...solvers],
      selectors: { ...selectors, ...solverSelectors },
      dnsCidrs,
      ...rest,
    },
    inside,
  );
  const alerts = systemAlerts.find((each) => each.namespace === namespace);
  if (alerts && addons.has("prometheus-operator"))
    new AlertRules(alerts.system, { alerts, labels: alerting.ruleLabels, pages: alerting.pages }, inside);
  return { parent, inside, guarded: { ...parent, dependsOn: [...guards, policies] } };
}
