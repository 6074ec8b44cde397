import type { Client } from "../../data/client.ts";
import type { Mount } from "../../workload/container.ts";

/** Java's class for each mechanism. */
const modules = {
  PLAIN: "plain.PlainLoginModule",
  "SCRAM-SHA-256": "scram.ScramLoginModule",
  "SCRAM-SHA-512": "scram.ScramLoginModule",
} as const;

/**
 * How a Spring program proves and logs in to external brokers: Kafka's own properties, as variables that begin with
 * `prefix`. User and password
 * are files that Spring reads like properties, and their places in the text are filled in by it (X06). `login` is where
 * those files are mounted. Nothing for
 * brokers of the stack.
 */
export function springKafka(
  { env, mounts }: Client,
  prefix: string,
  program: string,
): { readonly env: Record<string, string>; readonly login: readonly Mount[] } {
  const {
    KAFKA_TLS_MODE: mode,
    KAFKA_TLS_CA: file,
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_CREDENTIALS: credentials,
  } = env;
  if (mode === undefined) return { env: {}, login: [] };
  const path = `/credentials/${program}-kafka`;
  const login = mounts.flatMap((mount): Mount[] =>
    "secret" in mount && mount.path === credentials
      ? [{ path, secret: mount.secret, files: { username: "kafka.sasl.username", password: "kafka.sasl.password" } }]
      : [],
  );
  const properties: Record<string, string> = {
    SECURITY_PROTOCOL: `${mechanism ? "SASL_" : ""}${mode === "disable" ? "PLAINTEXT" : "SSL"}`,
    ...(file && { SSL_TRUSTSTORE_TYPE: "PEM", SSL_TRUSTSTORE_LOCATION: file }),
    ...(mode === "verify-ca" && { SSL_ENDPOINT_IDENTIFICATION_ALGORITHM: "" }),
    ...(mechanism && {
      SASL_MECHANISM: mechanism,
      SASL_JAAS_CONFIG: `org.apache.kafka.common.security.${modules[mechanism as keyof typeof modules]} required username="\${kafka.sasl.username}" password="\${kafka.sasl.password}";`,
    }),
  };
  return {
    env: Object.fromEntries(Object.entries(properties).map(([name, value]) => [`${prefix}${name}`, value])),
    login,
  };
}
