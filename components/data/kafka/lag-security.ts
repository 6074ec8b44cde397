import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ConsumerLag } from "../../workload/workload.ts";
import type { KafkaEngine } from "./engine.ts";

/** KEDA's words for the mechanisms. */
const sasl = { PLAIN: "plaintext", "SCRAM-SHA-256": "scram_sha256", "SCRAM-SHA-512": "scram_sha512" } as const;

/**
 * How KEDA proves and logs in to external brokers, with a TriggerAuthentication for what is secret; undefined where
 * they ask for nothing.
 */
export function lagSecurity(
  name: string,
  engine: KafkaEngine,
  namespace: string,
  options: pulumi.ComponentResourceOptions,
): ConsumerLag["security"] {
  if (engine.kind !== "external" || (engine.tls.mode === "disable" && !engine.sasl)) return undefined;
  const { tls, sasl: login } = engine;
  const secrets = [
    ...(tls.caSecret ? [{ parameter: "ca", name: tls.caSecret, key: "ca.crt" }] : []),
    ...(login ? ["username", "password"].map((key) => ({ parameter: key, name: login.credentialsSecret, key })) : []),
  ];
  if (secrets.length > 0) {
    new k8s.apiextensions.CustomResource(
      `${name}-lag`,
      {
        apiVersion: "keda.sh/v1alpha1",
        kind: "TriggerAuthentication",
        metadata: { name, namespace, labels: { app: name } },
        spec: { secretTargetRef: secrets },
      },
      options,
    );
  }
  return {
    metadata: { ...(tls.mode !== "disable" && { tls: "enable" }), ...(login && { sasl: sasl[login.mechanism] }) },
    ...(secrets.length > 0 && { authentication: name }),
  };
}
