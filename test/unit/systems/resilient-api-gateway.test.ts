import test from "ava";
import { systemOf, unknownNames } from "./support/system.ts";

const dev = await systemOf("dev", "resilient-api-gateway");
const prod = await systemOf("prod", "resilient-api-gateway");
const both = Object.entries({ dev, prod });

test("proxy-service serves port 5000 and upstream-service port 5001, each behind a Service of its name (G01, G02)", (t) => {
  for (const [stack, { spec, container, pods }] of both) {
    for (const [name, port] of [
      ["proxy-service", 5000],
      ["upstream-service", 5001],
    ] as const) {
      t.deepEqual(
        spec("Service", name) as unknown,
        {
          type: "ClusterIP",
          selector: { app: name },
          ports: [{ name: "http", port, targetPort: "http", protocol: "TCP" }],
        },
        stack,
      );
      t.deepEqual(pods("Deployment", name).labels, { app: name }, stack);
      const { ports, name: containerName, env } = container("Deployment", name);
      t.deepEqual([containerName, ports.map(({ containerPort }) => containerPort)], [name, [port]], stack);
      t.deepEqual(env[0] as unknown, { name: "PORT", value: String(port) }, stack);
    }
  }
});

test("images are asked for /health, and life is their open port; the contract server has a path for each (G01, G02, X03)", (t) => {
  for (const name of ["proxy-service", "upstream-service"]) {
    const image = prod.container("Deployment", name);
    t.is(image.readinessProbe.httpGet.path, "/health", name);
    t.deepEqual(image.livenessProbe.tcpSocket as unknown, { port: "http" }, name);
    const contract = dev.container("Deployment", name);
    t.deepEqual(
      [contract.readinessProbe.httpGet.path, contract.livenessProbe.httpGet.path],
      ["/readyz", "/livez"],
      name,
    );
  }
});

test("production keeps 5 to 10 proxies by an autoscaler and dev 2 to 4, and the Deployment names no number (G01, X10)", (t) => {
  for (const [stack, range] of [
    ["dev", [2, 4]],
    ["prod", [5, 10]],
  ] as const) {
    const { spec } = { dev, prod }[stack];
    const { scaleTargetRef, minReplicas, maxReplicas } = spec("HorizontalPodAutoscaler", "proxy-service");
    t.deepEqual(
      [scaleTargetRef.kind, scaleTargetRef.name, minReplicas, maxReplicas],
      ["Deployment", "proxy-service", ...range],
      stack,
    );
    t.false("replicas" in spec("Deployment", "proxy-service"), stack);
  }
  t.deepEqual(
    [dev.spec("Deployment", "upstream-service").replicas, prod.spec("Deployment", "upstream-service").replicas],
    [1, 2],
  );
});

test("each of both may use one core and 512Mi (G07)", (t) => {
  for (const [stack, { container }] of both) {
    for (const name of ["proxy-service", "upstream-service"]) {
      t.deepEqual(
        container("Deployment", name).resources.limits as unknown,
        { cpu: "1", memory: "512Mi", "ephemeral-storage": "512Mi" },
        `${stack} ${name}`,
      );
    }
  }
});

test("production begins with the profile for web clients and a laptop with that for partners, both with the breaker that fails fast (G05, G06)", (t) => {
  for (const [stack, { config, container, pods }] of both) {
    t.deepEqual(
      config("api-gateway-config"),
      {
        ...(stack === "dev"
          ? { RATE_LIMIT_CAPACITY: "500", RATE_LIMIT_REFILL_RATE: "50" }
          : { RATE_LIMIT_CAPACITY: "1000", RATE_LIMIT_REFILL_RATE: "100" }),
        CIRCUIT_BREAKER_FAILURE_THRESHOLD: "3",
        CIRCUIT_BREAKER_RESET_TIMEOUT_SECONDS: "30",
        CIRCUIT_BREAKER_HALF_OPEN_SUCCESS_THRESHOLD: "1",
      },
      stack,
    );
    t.deepEqual(
      container("Deployment", "proxy-service").envFrom as unknown,
      [{ configMapRef: { name: "api-gateway-config" } }],
      stack,
    );
    t.regex(
      pods("Deployment", "proxy-service").annotations["config.production-platform/api-gateway-config"]!,
      /^[0-9a-f]{8}$/,
      stack,
    );
    t.false("envFrom" in container("Deployment", "upstream-service"), `${stack}: the upstream knows nothing of it`);
  }
});

test("the proxy knows its upstream and its Redis by their Services (G01, G03)", (t) => {
  for (const [stack, { env }] of both) {
    const { UPSTREAM_URL, REDIS_HOST, REDIS_PORT, REDIS_PASSWORD_FILE, TRUSTED_PROXY } = env(
      "Deployment",
      "proxy-service",
    );
    t.deepEqual(
      { UPSTREAM_URL, REDIS_HOST, REDIS_PORT, REDIS_PASSWORD_FILE, TRUSTED_PROXY },
      {
        UPSTREAM_URL: "http://upstream-service:5001",
        REDIS_HOST: "redis",
        REDIS_PORT: "6379",
        REDIS_PASSWORD_FILE: "/credentials/redis/password",
        TRUSTED_PROXY: "true",
      },
      stack,
    );
  }
});

test("Prometheus is told where both tell their metrics (G13)", (t) => {
  for (const [stack, { pods }] of both) {
    for (const [name, port] of [
      ["proxy-service", "5000"],
      ["upstream-service", "5001"],
    ] as const) {
      const { annotations } = pods("Deployment", name);
      t.deepEqual(
        [annotations["prometheus.io/scrape"], annotations["prometheus.io/port"], annotations["prometheus.io/path"]],
        ["true", port, "/metrics"],
        `${stack} ${name}`,
      );
    }
  }
});

test("in dev the Ingress leads to the proxy itself (G11)", (t) => {
  t.deepEqual(dev.spec("Ingress", "proxy-service") as unknown, {
    rules: [
      {
        host: "gateway.localhost",
        http: {
          paths: ["/health", "/proxy"].map((path) => ({
            path,
            pathType: "Prefix",
            backend: { service: { name: "proxy-service", port: { number: 5000 } } },
          })),
        },
      },
    ],
  });
  t.deepEqual(
    dev.names.filter((name) => name.includes("nginx")),
    [],
  );
});

test("in production the Ingress leads to two nginx, and nothing but them and Prometheus to the proxy (G11)", (t) => {
  const { rules } = prod.spec("Ingress", "proxy-service");
  t.deepEqual(rules as unknown, [
    {
      host: "gateway.example.com",
      http: {
        paths: ["/health", "/proxy"].map((path) => ({
          path,
          pathType: "Prefix",
          backend: { service: { name: "nginx", port: { number: 8080 } } },
        })),
      },
    },
  ]);
  t.is(prod.spec("Deployment", "nginx").replicas, 2);
  const { image, ports, readinessProbe } = prod.container("Deployment", "nginx");
  t.deepEqual(
    [image, ports.map(({ containerPort }) => containerPort), readinessProbe.httpGet.path],
    ["docker.io/nginxinc/nginx-unprivileged:1.28.0-alpine", [8080], "/nginx-health"],
  );
  t.regex(
    prod.config(/^nginx-config-/)["default.conf"]!,
    /^ {4}proxy_pass http:\/\/proxy-service\.api-gateway\.svc:5000;$/m,
  );
  t.deepEqual(prod.spec("NetworkPolicy", "proxy-service").ingress as unknown, [
    { from: [{ podSelector: { matchLabels: { app: "nginx" } } }], ports: [{ protocol: "TCP", port: 5000 }] },
    {
      from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
      ports: [{ protocol: "TCP", port: 5000 }],
    },
  ]);
});

test("production runs images with release tags (G01, G02, X08)", (t) => {
  t.is(prod.container("Deployment", "proxy-service").image, "resilient-api-gateway/proxy-service:v1.0.0");
  t.is(prod.container("Deployment", "upstream-service").image, "resilient-api-gateway/upstream-service:v1.0.0");
  t.deepEqual(
    prod.names.filter((name) => name.includes("contract-server")),
    [],
  );
  t.deepEqual(
    ["proxy-service", "upstream-service"].map((name) => dev.env("Deployment", name)["ROLE"]),
    ["proxy-service", "upstream-service"],
  );
});

test("operations are told names that exist, and the alerts' numbers (G10)", (t) => {
  for (const [stack, system] of both) {
    t.deepEqual(unknownNames(system), [], stack);
    t.deepEqual(
      system.targets[0]!.objectives,
      { p95Milliseconds: 1000, upstreamErrorRatePercent: 5, rateLimitedPerSecond: 0.1, redisMemoryPercent: 80 },
      stack,
    );
  }
  t.deepEqual(
    prod.targets[0]!.workloads.map(({ name, replicas }) => [name, replicas]),
    [
      ["redis", 1],
      ["upstream-service", 2],
      ["proxy-service", 5],
      ["nginx", 2],
    ],
  );
});
