import type { Alert, Severity } from "./alert.ts";
import { type Where, within } from "./where.ts";

/** Certificates of cert-manager, whichever way Prometheus keeps the label that names their namespace. */
const certificates = (metric: string, namespace: string, more = "") =>
  `(label_replace(${metric}{exported_namespace="${namespace}"${more}}, "namespace", "${namespace}", "", "")
  or ${metric}{${within(namespace)}, exported_namespace=""${more}})`;

/** A certificate that cert-manager should have renewed, and one that it cannot issue. */
export const certificateAlerts = (
  { system, namespace, severity }: Where,
  row: string,
  broken: Severity,
): readonly Alert[] => {
  const value = 14 * 86_400;
  const expiry = certificates("certmanager_certificate_expiration_timestamp_seconds", namespace);
  const ready = certificates("certmanager_certificate_ready_status", namespace, ', condition="True"');
  const command = `npx runbook renew ${system} {{ $labels.name }}`;
  return [
    {
      name: "CertificateExpiresSoon",
      expr: `min by (namespace, name) (${expiry}) - time() < ${value}`,
      threshold: { value, unit: "seconds", row },
      for: "1h",
      severity,
      summary: "Certificate {{ $labels.name }} expires within 14 days and was not renewed.",
      command,
    },
    {
      name: "CertificateNotReady",
      expr: `max by (namespace, name) (${ready}) == 0`,
      threshold: { value: 0, unit: "count", row },
      for: "15m",
      severity: broken,
      summary: "Certificate {{ $labels.name }} is not ready.",
      command,
    },
  ];
};
