import { readFileSync } from "node:fs";
import test from "ava";
import { topics } from "../../../workloads/server/techbra/events.ts";
import { systemOf, unknownNames } from "./support/system.ts";

const dev = await systemOf("dev", "techbra-ecommerce");
const prod = await systemOf("prod", "techbra-ecommerce");
const both = Object.entries({ dev, prod });
const services = [
  ["order-service", 8081],
  ["billing-service", 8082],
  ["inventory-service", 8083],
  ["bff", 8084],
] as const;

test("the four services have the runbook's ports and labels (T02)", (t) => {
  for (const [stack, { spec, container, pods }] of both) {
    for (const [name, port] of services) {
      const labels = { app: name, "app.kubernetes.io/name": name };
      t.deepEqual(
        spec("Service", name) as unknown,
        { type: "ClusterIP", selector: labels, ports: [{ name: "http", port, targetPort: "http", protocol: "TCP" }] },
        stack,
      );
      t.deepEqual(pods("Deployment", name).labels, labels, `${stack} ${name}`);
      t.deepEqual(
        [
          container("Deployment", name).name,
          container("Deployment", name).ports.map(({ containerPort }) => containerPort),
        ],
        [name, [port]],
        stack,
      );
    }
  }
});

test("production runs the runbook's images and dev the same programs of the contract server (T02)", (t) => {
  for (const [name] of services) {
    t.is(prod.container("Deployment", name).image, `techbra/${name}:v1.2.0`);
    t.is(dev.env("Deployment", name)["ROLE"], name);
  }
  t.deepEqual(
    prod.names.filter((name) => name.includes("contract-server")),
    [],
  );
});

test("actuator's liveness and readiness groups are asked, and a start may take five minutes (T02, X03)", (t) => {
  for (const [stack, { container }] of both) {
    for (const [name] of services) {
      const { startupProbe, livenessProbe, readinessProbe } = container("Deployment", name);
      t.deepEqual(
        [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path),
        ["/actuator/health/liveness", "/actuator/health/liveness", "/actuator/health/readiness"],
        `${stack} ${name}`,
      );
      t.is(startupProbe.periodSeconds * startupProbe.failureThreshold, 300, `${stack} ${name}`);
    }
  }
  t.deepEqual(
    prod.targets[0]!.endpoints.map(({ service, port, health }) => [service, port, health]),
    services.map(([name, port]) => [name, port, "/actuator/health"]),
  );
});

test("the JVM takes its size from the container's limit, and health groups and passwords are on for Spring (T02, X06)", (t) => {
  for (const [name] of services) {
    const { JAVA_TOOL_OPTIONS, MANAGEMENT_ENDPOINT_HEALTH_PROBES_ENABLED, SPRING_CONFIG_IMPORT } = prod.env(
      "Deployment",
      name,
    );
    t.is(JAVA_TOOL_OPTIONS, "-XX:MaxRAMPercentage=70.0 -XX:+ExitOnOutOfMemoryError", name);
    t.is(MANAGEMENT_ENDPOINT_HEALTH_PROBES_ENABLED, "true", name);
    t.regex(SPRING_CONFIG_IMPORT!, /^configtree:\/credentials\//, name);
    t.is(prod.container("Deployment", name).resources.limits["memory"], "768Mi", name);
  }
  t.deepEqual(
    Object.keys(dev.env("Deployment", "order-service")).filter((variable) =>
      /^(JAVA|SPRING|RESILIENCE4J)_/.test(variable),
    ),
    [],
  );
});

test("Resilience4j's settings reach every service in production, and the front in dev (T13)", (t) => {
  for (const [name] of services) {
    const settings = Object.entries(prod.env("Deployment", name)).filter(([variable]) =>
      variable.startsWith("RESILIENCE4J_"),
    );
    t.deepEqual(
      Object.fromEntries(settings),
      {
        RESILIENCE4J_CIRCUITBREAKER_CONFIGS_DEFAULT_FAILURERATETHRESHOLD: "50",
        RESILIENCE4J_CIRCUITBREAKER_CONFIGS_DEFAULT_SLIDINGWINDOWSIZE: "20",
        RESILIENCE4J_CIRCUITBREAKER_CONFIGS_DEFAULT_WAITDURATIONINOPENSTATE: "10s",
      },
      name,
    );
  }
  const { CIRCUIT_BREAKER_FAILURE_RATE_THRESHOLD, CIRCUIT_BREAKER_SLIDING_WINDOW_SIZE, CIRCUIT_BREAKER_WAIT_SECONDS } =
    dev.env("Deployment", "bff");
  t.deepEqual(
    [CIRCUIT_BREAKER_FAILURE_RATE_THRESHOLD, CIRCUIT_BREAKER_SLIDING_WINDOW_SIZE, CIRCUIT_BREAKER_WAIT_SECONDS],
    ["50", "20", "10"],
  );
});

test("the front knows the two services behind it and the cache, and nothing that it does not ask (T02)", (t) => {
  for (const [stack, { env }] of both) {
    const named = Object.entries(env("Deployment", "bff")).filter(([name]) => /^(?!SPRING_).*(_URL|_HOST)$/.test(name));
    t.deepEqual(
      Object.fromEntries(named),
      {
        ORDER_SERVICE_URL: "http://order-service:8081",
        BILLING_SERVICE_URL: "http://billing-service:8082",
        REDIS_HOST: "redis",
      },
      stack,
    );
  }
});

test("payments fail on purpose in dev, one in ten, and never in production (T10)", (t) => {
  t.deepEqual(
    [dev, prod].map(({ env }) => env("Deployment", "billing-service")["PAYMENT_FAILURE_RATE"]),
    ["0.1", "0"],
  );
  for (const [stack, { env }] of both) t.false("PAYMENT_FAILURE_RATE" in env("Deployment", "order-service"), stack);
});

/** What the contract server's role subscribes to. */
function topicsOf(service: string): string[] {
  const role = readFileSync(new URL(`../../../workloads/server/roles/${service}.ts`, import.meta.url), "utf8");
  const listed = /^ +topics: \[([^\]]*)\],$/m.exec(role)![1]!;
  return [...listed.matchAll(/topics\.(\w+)/g)].map(([, name]) => topics[name as keyof typeof topics]);
}

test("where KEDA is, consumers scale by the lag of their own group in each topic they consume, up to the runbook's numbers (T04)", (t) => {
  const scaled = (name: string) => prod.get("ScaledObject", name)["spec"];
  for (const [name, max, consumed] of [
    ["order-service", 3, ["order.events", "billing.events"]],
    ["billing-service", 2, ["order.events"]],
    ["inventory-service", 3, ["order.events", "billing.events"]],
  ] as const) {
    t.deepEqual(scaled(name), {
      scaleTargetRef: { kind: "Deployment", name },
      minReplicaCount: 1,
      maxReplicaCount: max,
      triggers: consumed.map((topic) => ({
        type: "kafka",
        metadata: {
          bootstrapServers: "kafka-kafka.techbra-test.svc:9092",
          consumerGroup: `${name}-group`,
          topic,
          lagThreshold: "1000",
        },
      })),
    });
    t.deepEqual([...consumed], topicsOf(name), `${name} consumes what its role in workloads/ consumes`);
    t.false(prod.names.includes(`HorizontalPodAutoscaler/${name}`), `${name}: KEDA makes its own`);
  }
  t.deepEqual(
    prod.names.filter((name) => name.startsWith("HorizontalPodAutoscaler/")),
    ["HorizontalPodAutoscaler/bff"],
    "the front follows no topic",
  );
});

test("brokers announce themselves by names that KEDA's own namespace can resolve, or there would be no lag to see (T04)", (t) => {
  t.regex(
    prod.env("StatefulSet", "kafka")["PEER_DOMAIN"]!,
    /^kafka-kafka-peers\.techbra-test\.svc(\.cluster\.local)?$/,
  );
});

test("an autoscaler and KEDA's take each other's place on a running stack: KEDA passes over the stack's, and makes one under a name of its own (T04)", (t) => {
  for (const name of ["order-service", "billing-service", "inventory-service"]) {
    t.is(
      dev.get("HorizontalPodAutoscaler", name).metadata.annotations?.["validations.keda.sh/hpa-ownership"],
      "false",
      name,
    );
    const { metadata, spec } = prod.get("ScaledObject", name) as unknown as {
      metadata: { annotations?: object };
      spec: object;
    };
    t.deepEqual(
      [metadata.annotations, "advanced" in spec],
      [undefined, false],
      `${name} takes no other autoscaler over`,
    );
  }
});

test("where there is no lag source, processor time decides (T04)", (t) => {
  for (const [name, max] of [
    ["order-service", 3],
    ["billing-service", 2],
    ["inventory-service", 3],
    ["bff", 3],
  ] as const) {
    const { scaleTargetRef, minReplicas, maxReplicas, metrics } = dev.spec("HorizontalPodAutoscaler", name);
    t.deepEqual(
      [
        scaleTargetRef.name,
        minReplicas,
        maxReplicas,
        metrics[0]?.resource.name,
        metrics[0]?.resource.target.averageUtilization,
      ],
      [name, 1, max, "cpu", 70],
    );
  }
  t.deepEqual(
    dev.names.filter((name) => name.startsWith("ScaledObject/")),
    [],
  );
});

test("no Deployment with an autoscaler names a number of pods, and none may grow past the partitions (T04, X10)", (t) => {
  for (const [stack, { spec, env }] of both) {
    for (const [name] of services) t.false("replicas" in spec("Deployment", name), `${stack} ${name}`);
    t.is(spec("Deployment", "redis").replicas, 1, stack);
    const partitions = env("Job", /^kafka-topics-/)
      ["TOPICS"]!.split("\n")
      .filter((line) => !line.includes(".dlq "))
      .map((line) => Number(line.split(" ")[1]));
    t.deepEqual(partitions, [6, 6], stack);
  }
});

test("operations are told names that exist, and the runbook's objectives (T07)", (t) => {
  for (const [stack, system] of both) t.deepEqual(unknownNames(system), [], stack);
  t.deepEqual(prod.targets[0]!.objectives, {
    consumerLag: 1000,
    kafkaDiskPercent: 80,
    kafkaMemoryPercent: 85,
    p95Milliseconds: 500,
    errorRatePercent: 1,
    cpuPercent: 70,
    memoryPercent: 80,
    jvmHeapPercent: 75,
    postgresPoolPercent: 80,
    queryP95Milliseconds: 100,
    lockWaitPercent: 5,
    redisMemoryPercent: 80,
    cacheHitRatePercent: 95,
  });
});
