import type { Client } from "../../data/client.ts";
import type { Mount } from "../../workload/container.ts";
import type { TechbraEcommerceSettings } from "./settings.ts";
import { springKafka } from "./spring-kafka.ts";

/** The data stores a service uses: it is told of no others. */
export interface SpringStores {
  readonly postgres?: Client;
  readonly redis?: Client;
  readonly kafka?: Client;
}

/**
 * What Spring Boot reads, made of what the data stores offer. Passwords are files named like the properties they set
 * (X06).
 */
export function springClient(
  { postgres, redis, kafka }: SpringStores,
  { failureRatePercent, slidingWindow, waitSeconds }: TechbraEcommerceSettings["circuitBreaker"],
): Client {
  const brokers = kafka && springKafka(kafka, "SPRING_KAFKA_PROPERTIES_", "spring");
  const mounts = [
    ...passwordFile("postgres", postgres, "spring.datasource.password"),
    ...passwordFile("redis", redis, "spring.data.redis.password"),
    ...(brokers?.login ?? []),
  ];
  return {
    env: {
      // The JVM's own share of the container's limit; the rest is for threads, code and buffers (T02, T07).
      JAVA_TOOL_OPTIONS: "-XX:MaxRAMPercentage=70.0 -XX:+ExitOnOutOfMemoryError",
      SPRING_CONFIG_IMPORT: mounts.map(({ path }) => `configtree:${path}/`).join(","),
      ...(postgres && {
        SPRING_DATASOURCE_URL: `jdbc:postgresql://${postgres.env["PGHOST"]}:${postgres.env["PGPORT"]}/${postgres.env["PGDATABASE"]}${jdbcTls(postgres.env)}`,
        SPRING_DATASOURCE_USERNAME: postgres.env["PGUSER"]!,
      }),
      ...(redis && {
        SPRING_DATA_REDIS_HOST: redis.env["REDIS_HOST"]!,
        SPRING_DATA_REDIS_PORT: redis.env["REDIS_PORT"]!,
        ...redisTls(redis.env),
      }),
      ...brokers?.env,
      ...(kafka && { SPRING_KAFKA_BOOTSTRAP_SERVERS: kafka.env["KAFKA_BROKERS"]! }),
      MANAGEMENT_ENDPOINT_HEALTH_PROBES_ENABLED: "true",
      RESILIENCE4J_CIRCUITBREAKER_CONFIGS_DEFAULT_FAILURERATETHRESHOLD: String(failureRatePercent),
      RESILIENCE4J_CIRCUITBREAKER_CONFIGS_DEFAULT_SLIDINGWINDOWSIZE: String(slidingWindow),
      RESILIENCE4J_CIRCUITBREAKER_CONFIGS_DEFAULT_WAITDURATIONINOPENSTATE: `${waitSeconds}s`,
    },
    mounts,
    annotations: {},
  };
}

/** The driver takes libpq's words; without them it would try TLS and go on without. */
function jdbcTls({ PGSSLMODE: mode, PGSSLROOTCERT: file }: Client["env"]): string {
  return mode === undefined ? "" : `?sslmode=${mode}${file ? `&sslrootcert=${file}` : ""}`;
}

/** By a bundle, as Spring calls the authorities that count for a client; it always compares the server's name too. */
function redisTls({
  REDIS_USERNAME: user,
  REDIS_TLS_MODE: mode = "disable",
  REDIS_TLS_CA: file,
}: Client["env"]): Record<string, string> {
  return {
    ...(user && { SPRING_DATA_REDIS_USERNAME: user }),
    ...(mode !== "disable" && {
      SPRING_DATA_REDIS_SSL_ENABLED: "true",
      ...(file && {
        SPRING_DATA_REDIS_SSL_BUNDLE: "redis",
        SPRING_SSL_BUNDLE_PEM_REDIS_TRUSTSTORE_CERTIFICATE: `file:${file}`,
      }),
    }),
  };
}

function passwordFile(store: string, client: Client | undefined, property: string): Mount[] {
  return (client?.mounts ?? []).flatMap((mount) =>
    "secret" in mount && mount.path === `/credentials/${store}`
      ? [{ path: `/credentials/spring-${store}`, secret: mount.secret, files: { password: property } }]
      : [],
  );
}
