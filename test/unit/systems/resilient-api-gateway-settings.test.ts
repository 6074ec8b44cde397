import test from "ava";
import { systemOf } from "./support/system.ts";

const name = "resilient-api-gateway";
const before = await systemOf("prod", name);
const after = await systemOf("prod", name, {
  [name]: {
    rateLimit: { profile: "iot" },
    circuitBreaker: { profile: "tolerant" },
    proxy: { replicas: { min: 6, max: 12 }, resources: { cpuLimit: "2", memoryLimit: "1Gi" } },
    reverseProxy: "ingress",
    tlsSecret: "other-tls",
    redis: { rotation: 2 },
    configurationBackup: { schedule: "0 6 * * 1" },
  },
});
const partner = await systemOf("prod", name, {
  [name]: {
    rateLimit: { profile: "partner", capacity: 5000 },
    circuitBreaker: { profile: "tolerant", resetSeconds: 60 },
  },
});
const limits = ({ config }: typeof after) => Object.values(config("api-gateway-config"));

test("the profiles for devices and the breaker that allows more failures have the runbook's numbers (G05, G06)", (t) => {
  t.deepEqual(after.config("api-gateway-config"), {
    RATE_LIMIT_CAPACITY: "10000",
    RATE_LIMIT_REFILL_RATE: "1000",
    CIRCUIT_BREAKER_FAILURE_THRESHOLD: "20",
    CIRCUIT_BREAKER_RESET_TIMEOUT_SECONDS: "300",
    CIRCUIT_BREAKER_HALF_OPEN_SUCCESS_THRESHOLD: "5",
  });
});

test("one number can differ from a profile, and the profile gives the others (G05, G06)", (t) => {
  t.deepEqual(partner.config("api-gateway-config"), {
    RATE_LIMIT_CAPACITY: "5000",
    RATE_LIMIT_REFILL_RATE: "50",
    CIRCUIT_BREAKER_FAILURE_THRESHOLD: "20",
    CIRCUIT_BREAKER_RESET_TIMEOUT_SECONDS: "60",
    CIRCUIT_BREAKER_HALF_OPEN_SUCCESS_THRESHOLD: "5",
  });
  t.notDeepEqual(limits(partner), limits(before));
});

test("a changed profile rolls the proxy and not its upstream (G05)", (t) => {
  const key = "config.production-platform/api-gateway-config";
  t.not(
    after.pods("Deployment", "proxy-service").annotations[key],
    before.pods("Deployment", "proxy-service").annotations[key],
  );
  t.deepEqual(after.pods("Deployment", "upstream-service"), before.pods("Deployment", "upstream-service"));
});

test("a rotated Redis password rolls Redis, the proxy and the backup (G03, X06)", (t) => {
  for (const [kind, workload] of [
    ["StatefulSet", "redis"],
    ["Deployment", "proxy-service"],
    ["CronJob", "redis-backup"],
  ] as const) {
    t.deepEqual(
      [before, after].map(({ pods }) => pods(kind, workload).annotations["credential.production-platform/redis-auth"]),
      ["1", "2"],
      workload,
    );
  }
});

test("the proxy's scaled size is two cores and 1Gi, and its range what the stack says (G01, G07)", (t) => {
  const { cpu, memory } = after.container("Deployment", "proxy-service").resources.limits;
  t.deepEqual([cpu, memory], ["2", "1Gi"]);
  t.is(after.container("Deployment", "upstream-service").resources.limits["memory"], "512Mi");
  const { minReplicas, maxReplicas } = after.spec("HorizontalPodAutoscaler", "proxy-service");
  t.deepEqual([minReplicas, maxReplicas], [6, 12]);
});

test("without nginx the ingress controller reaches the proxy, and TLS is served from the Secret that the stack names (G11)", (t) => {
  const { tls, rules } = after.spec("Ingress", "proxy-service");
  t.deepEqual(tls as unknown, [{ hosts: ["gateway.example.com"], secretName: "other-tls" }]);
  const certificate = ({ get }: typeof after) =>
    get("Certificate", "proxy-service")["spec"] as { secretName: string; dnsNames: string[] };
  t.deepEqual(
    [certificate(before), certificate(after)].map(({ secretName, dnsNames }) => [secretName, ...dnsNames]),
    [
      ["gateway-tls", "gateway.example.com"],
      ["other-tls", "gateway.example.com"],
    ],
  );
  t.is(rules[0]!.http.paths[0]!.backend.service.name, "proxy-service");
  t.deepEqual(
    after.names.filter((each) => each.includes("nginx")),
    [],
  );
  t.deepEqual(after.spec("NetworkPolicy", "proxy-service").ingress as unknown, [
    {
      from: [
        {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "traefik" } },
          podSelector: { matchLabels: { "app.kubernetes.io/name": "traefik" } },
        },
      ],
      ports: [{ protocol: "TCP", port: 5000 }],
    },
    {
      from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
      ports: [{ protocol: "TCP", port: 5000 }],
    },
  ]);
});

test("the settings' backup follows its own schedule (G08)", (t) => {
  t.is(after.spec("CronJob", "configuration-backup").schedule, "0 6 * * 1");
  t.is(after.spec("CronJob", "redis-backup").schedule, "0 2 * * *");
});
