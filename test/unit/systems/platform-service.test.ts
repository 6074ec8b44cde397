import test from "ava";
import { systemOf, unknownNames } from "./support/system.ts";

const dev = await systemOf("dev", "platform-service");
const prod = await systemOf("prod", "platform-service");
const both = Object.entries({ dev, prod });
const name = "platform-service";
const configHash = "config.production-platform/platform-config";

test("Deployment and Service platform-service select app=platform-service and serve port 8080 (P01)", (t) => {
  for (const [stack, { get, spec, container, pods }] of both) {
    t.deepEqual(get("Deployment", name).metadata.labels, { app: name }, stack);
    t.deepEqual(pods("Deployment", name).labels, { app: name }, stack);
    t.deepEqual(
      spec("Service", name) as unknown,
      {
        type: "ClusterIP",
        selector: { app: name },
        ports: [{ name: "http", port: 8080, targetPort: "http", protocol: "TCP" }],
      },
      stack,
    );
    t.is(container("Deployment", name).name, name, stack);
    t.deepEqual(
      container("Deployment", name).ports as unknown,
      [{ name: "http", containerPort: 8080, protocol: "TCP" }],
      stack,
    );
  }
});

test("Prometheus is told to read /metrics on port 8080 (P01)", (t) => {
  for (const [stack, { pods }] of both) {
    const scrape = Object.entries(pods("Deployment", name).annotations).filter(([key]) =>
      key.startsWith("prometheus.io/"),
    );
    t.deepEqual(
      Object.fromEntries(scrape),
      { "prometheus.io/scrape": "true", "prometheus.io/port": "8080", "prometheus.io/path": "/metrics" },
      stack,
    );
  }
});

test("the image is asked for /health and its port, the contract server for its own two paths: never the same (P01, X03)", (t) => {
  const image = prod.container("Deployment", name);
  t.is(image.readinessProbe.httpGet.path, "/health");
  t.deepEqual([image.livenessProbe.tcpSocket, image.startupProbe.tcpSocket] as unknown, [
    { port: "http" },
    { port: "http" },
  ]);
  const contract = dev.container("Deployment", name);
  t.is(contract.readinessProbe.httpGet.path, "/readyz");
  t.deepEqual([contract.livenessProbe.httpGet.path, contract.startupProbe.httpGet.path], ["/livez", "/livez"]);
});

test("an autoscaler keeps 3 to 8 pods, and the Deployment itself names no number (P02, X10)", (t) => {
  for (const [stack, { spec }] of both) {
    const { scaleTargetRef, minReplicas, maxReplicas, metrics } = spec("HorizontalPodAutoscaler", name);
    t.deepEqual(
      { scaleTargetRef, minReplicas, maxReplicas } as unknown,
      { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name }, minReplicas: 3, maxReplicas: 8 },
      stack,
    );
    t.deepEqual(
      metrics as unknown,
      [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } }],
      stack,
    );
    t.false("replicas" in spec("Deployment", name), stack);
    t.is(spec("Deployment", "redis").replicas, 1, `${stack}: a workload without an autoscaler has a number`);
  }
});

test("the service may use 1Gi of memory (P02)", (t) => {
  for (const [stack, { container }] of both)
    t.is(container("Deployment", name).resources.limits["memory"], "1Gi", stack);
});

test("every value of platform-config is a variable of the service, and their hash stands in its pods (P03)", (t) => {
  for (const [stack, { container, config, pods }] of both) {
    t.deepEqual(
      container("Deployment", name).envFrom as unknown,
      [{ configMapRef: { name: "platform-config" } }],
      stack,
    );
    t.deepEqual(config("platform-config"), { MAINTENANCE_MODE: "false", AUDIT_RETENTION_DAYS: "365" }, stack);
    t.regex(pods("Deployment", name).annotations[configHash]!, /^[0-9a-f]{8}$/, stack);
  }
  t.is(
    dev.pods("Deployment", name).annotations[configHash],
    prod.pods("Deployment", name).annotations[configHash],
    "equal values have an equal hash, whatever else differs",
  );
});

test("the database password is a file of Secret platform-secrets, whose generation stands in the pods (P03, X06)", (t) => {
  for (const [stack, { get, spec, env, pods }] of both) {
    t.is(get("Secret", "platform-secrets").metadata.namespace, "platform", stack);
    const volume = spec("Deployment", name).template.spec.volumes.find((each) => each.name === "credentials-postgres");
    t.is(volume?.secret.secretName, "platform-secrets", stack);
    t.is(env("Deployment", name)["PGPASSWORD_FILE"], "/credentials/postgres/password", stack);
    t.is(pods("Deployment", name).annotations["credential.production-platform/platform-secrets"], "1", stack);
    t.is(pods("Deployment", name).annotations["credential.production-platform/redis-auth"], "1", stack);
  }
});

test("production runs the runbook's image in the Deployment and the audit job, and no contract server (P01, P07)", (t) => {
  t.is(prod.container("Deployment", name).image, "platform-service:v1.1.0");
  t.is(prod.container("CronJob", "audit-retention").image, "platform-service:v1.1.0");
  t.deepEqual(prod.container("CronJob", "audit-retention").command, ["node", "dist/jobs/audit-retention.js"]);
  t.deepEqual(
    prod.names.filter((each) => each.includes("contract-server")),
    [],
  );
  t.is(dev.names.filter((each) => each.includes("contract-server")).length, 1, "and in dev there is one");
});

test("platform-ingress serves its host with the certificate of Secret tls-cert (P05)", (t) => {
  for (const [system, host, ofClass] of [
    [prod, "platform-service.example.com", { ingressClassName: "traefik" }],
    [dev, "platform-service.localhost", {}],
  ] as const) {
    t.deepEqual(system.spec("Ingress", "platform-ingress") as unknown, {
      ...ofClass,
      tls: [{ hosts: [host], secretName: "tls-cert" }],
      rules: [
        {
          host,
          http: {
            paths: ["/health", "/v1"].map((path) => ({
              path,
              pathType: "Prefix",
              backend: { service: { name, port: { number: 8080 } } },
            })),
          },
        },
      ],
    });
    t.deepEqual(
      system.names.filter((each) => each.startsWith("Ingress/")),
      ["Ingress/platform-ingress"],
    );
  }
});

test("in production cert-manager makes tls-cert and renews it a month before its end (P05)", (t) => {
  t.deepEqual(prod.get("Certificate", name)["spec"], {
    secretName: "tls-cert",
    dnsNames: ["platform-service.example.com"],
    issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: "letsencrypt-prod" },
    duration: "2160h0m0s",
    renewBefore: "720h0m0s",
    privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
  });
  t.false(prod.names.includes("Secret/tls-cert"));
});

test("in dev tls-cert is a Secret that says it is self-signed, and nobody is asked for a certificate (P05)", (t) => {
  const secret = dev.get("Secret", "tls-cert");
  t.is(secret["type"], "kubernetes.io/tls");
  t.deepEqual(secret.metadata.annotations, { "production-platform/self-signed": "true" });
  t.deepEqual(
    dev.names.filter((each) => each.startsWith("Certificate/")),
    [],
  );
});

test("production's sizes: 50Gi for the database, 256Mi to 1Gi and at most one core for each pod (P02, P04)", (t) => {
  t.deepEqual(
    prod
      .spec("StatefulSet", "postgres")
      .volumeClaimTemplates.map(({ metadata, spec }) => [metadata.name, spec.resources.requests["storage"]]),
    [["data", "50Gi"]],
  );
  t.deepEqual(prod.container("Deployment", name).resources as unknown, {
    requests: { cpu: "250m", memory: "512Mi", "ephemeral-storage": "64Mi" },
    limits: { cpu: "1", memory: "1Gi", "ephemeral-storage": "512Mi" },
  });
});

test("verified copies go to the platform's own place in the bucket (P06)", (t) => {
  const { S3_ENDPOINT, S3_REGION, S3_BUCKET, S3_PREFIX, S3_KEYS_FROM } = prod.env(
    "CronJob",
    "postgres-backup",
    "upload",
  );
  t.deepEqual(
    [S3_ENDPOINT, S3_REGION, S3_BUCKET, S3_PREFIX, S3_KEYS_FROM],
    [
      "https://s3.sa-east-1.amazonaws.com",
      "sa-east-1",
      "production-platform-backups",
      "platform-service/postgres",
      "backup-s3-credentials",
    ],
  );
});

test("operations are told names that exist, and the least number of pods (P02, P12)", (t) => {
  for (const [stack, system] of both) {
    t.deepEqual(unknownNames(system), [], stack);
    t.deepEqual(
      system.targets[0]!.workloads,
      [
        { kind: "StatefulSet", name: "postgres", replicas: 1 },
        { kind: "Deployment", name: "redis", replicas: 1 },
        { kind: "Deployment", name, replicas: 3 },
      ],
      stack,
    );
    t.deepEqual(system.targets[0]!.objectives, { errorsPerHour: 10 }, stack);
  }
  const { objects, targets } = prod;
  t.deepEqual(
    unknownNames({
      objects: objects.filter(({ kind, metadata }) => kind !== "CronJob" || metadata.name !== "postgres-backup"),
      targets,
    }),
    ["CronJob postgres-backup"],
  );
});
