import type { StackSettings } from "./configuration.ts";
import type { SystemContext } from "./systems/target.ts";

/** What a stack's settings give to each of its systems. */
export function contextOf({
  alerting,
  certificateIssuer,
  clusterAddons,
  dnsCidrs,
  ingress,
  ingressClass,
  monitoring,
  purpose,
  retainData,
  storageClass,
}: StackSettings): SystemContext {
  const addons = new Set(clusterAddons);
  return {
    purpose,
    addons,
    certificates: addons.has("cert-manager") ? { by: "cert-manager", ...certificateIssuer } : { by: "self-signed" },
    retainData,
    storage: storageClass ? { storageClass } : {},
    ingress: ingressClass ? { className: ingressClass } : {},
    ingressFrom: ingress,
    monitoringFrom: monitoring,
    alerting,
    dnsCidrs,
  };
}
