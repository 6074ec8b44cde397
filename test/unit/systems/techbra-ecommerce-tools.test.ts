import test from "ava";
import { systemOf } from "./support/system.ts";

const prod = await systemOf("prod", "techbra-ecommerce");
const dev = await systemOf("dev", "techbra-ecommerce");
const changed = await systemOf("prod", "techbra-ecommerce", {
  "techbra-ecommerce": {
    tools: { metricsRetentionDays: 30, traces: 9000 },
    consumerLag: 500,
    circuitBreaker: { failureRatePercent: 25, waitSeconds: 20 },
    postgres: { rotation: 2 },
    order: { replicas: { max: 6 } },
  },
});
const tools = ["kafka-ui", "grafana", "jaeger", "prometheus"];

test("kafka-ui is behind 8080, Grafana 3000, Jaeger 16686 and Prometheus 9090 (T05)", (t) => {
  t.deepEqual(
    tools.map((name) => prod.spec("Service", name).ports.map(({ port }) => port)),
    [[8080], [3000], [4317, 4318, 16686], [9090]],
  );
  t.deepEqual(
    ["kafka-ui", "grafana", "jaeger"].map((name) => prod.spec("Deployment", name).replicas),
    [1, 1, 1],
  );
  t.is(prod.spec("StatefulSet", "prometheus").replicas, 1);
});

test("kafka-ui looks at this Kafka and can change nothing (T05)", (t) => {
  const { KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS, KAFKA_CLUSTERS_0_READONLY } = prod.env("Deployment", "kafka-ui");
  t.deepEqual([KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS, KAFKA_CLUSTERS_0_READONLY], ["kafka-kafka:9092", "true"]);
});

test("Grafana's administrator has a generated password from a file, and nobody signs up (T05, X06)", (t) => {
  const env = prod.env("Deployment", "grafana");
  t.is(env["GF_SECURITY_ADMIN_PASSWORD__FILE"], "/credentials/grafana/password");
  t.is(env["GF_USERS_ALLOW_SIGN_UP"], "false");
  t.false("GF_SECURITY_ADMIN_PASSWORD" in env);
  t.is(
    prod.spec("Deployment", "grafana").template.spec.volumes.find(({ name }) => name === "credentials-grafana")?.secret
      .secretName,
    "grafana-admin",
  );
  t.true(prod.names.includes("Secret/grafana-admin"));
  t.is(
    prod.config(/^grafana-datasource-/)["prometheus.yaml"],
    "apiVersion: 1\ndatasources:\n  - { name: Prometheus, type: prometheus, url: http://prometheus:9090, isDefault: true }\n",
  );
});

test("metrics are kept for 15 days in at most 8GB of a 10Gi volume, and 50000 traces in memory (T05)", (t) => {
  const { args } = prod.container("StatefulSet", "prometheus");
  t.deepEqual(
    args.filter((arg) => arg.includes("retention")),
    ["--storage.tsdb.retention.time=15d", "--storage.tsdb.retention.size=8GB"],
  );
  t.is(prod.spec("StatefulSet", "prometheus").volumeClaimTemplates[0]!.spec.resources.requests["storage"], "10Gi");
  t.deepEqual(prod.container("Deployment", "jaeger").args, [
    "--set=extensions.jaeger_storage.backends.some_storage.memory.max_traces=50000",
  ]);
  t.true(changed.container("StatefulSet", "prometheus").args.includes("--storage.tsdb.retention.time=30d"));
  t.regex(changed.container("Deployment", "jaeger").args[0]!, /max_traces=9000$/);
});

test("Prometheus reads the actuators of the four services (T05)", (t) => {
  const targets = [
    ...prod
      .config(/^prometheus-config-/)
      ["prometheus.yml"]!.matchAll(/metrics_path: (\S+), static_configs: \[\{ targets: \["([^"]+)"\]/g),
  ].map(([, path, target]) => `${target}${path}`);
  t.deepEqual(
    targets,
    ["order-service:8081", "billing-service:8082", "inventory-service:8083", "bff:8084"].map(
      (target) => `${target}/actuator/prometheus`,
    ),
  );
});

test("a stack without the tools has none of their objects, and nothing of the system refers to them (T05)", (t) => {
  t.deepEqual(
    dev.names.filter((name) => tools.some((tool) => name.includes(tool))),
    [],
  );
  t.false(
    tools.some((tool) => JSON.stringify(dev.objects.filter(({ kind }) => kind === "NetworkPolicy")).includes(tool)),
  );
});

test("the lag that starts another consumer, its bound and the breaker come from the settings (T04, T13)", (t) => {
  const { maxReplicaCount, triggers } = changed.get("ScaledObject", "order-service")["spec"] as {
    maxReplicaCount: number;
    triggers: { metadata: { lagThreshold: string } }[];
  };
  t.deepEqual([maxReplicaCount, triggers[0]?.metadata.lagThreshold], [6, "500"]);
  const {
    RESILIENCE4J_CIRCUITBREAKER_CONFIGS_DEFAULT_FAILURERATETHRESHOLD: rate,
    RESILIENCE4J_CIRCUITBREAKER_CONFIGS_DEFAULT_WAITDURATIONINOPENSTATE: wait,
  } = changed.env("Deployment", "bff");
  t.deepEqual([rate, wait], ["25", "20s"]);
});

test("a rotated database password rolls the services that log in with it (X06)", (t) => {
  const generation = ({ pods }: typeof prod, name: string) =>
    Object.entries(pods("Deployment", name).annotations)
      .filter(([key]) => /^credential\..*\/postgres/.test(key))
      .map(([, turn]) => turn);
  for (const name of ["order-service", "billing-service", "inventory-service"])
    t.deepEqual([generation(prod, name), generation(changed, name)], [["1"], ["2"]], name);
});
