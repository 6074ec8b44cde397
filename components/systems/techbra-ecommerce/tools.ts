import * as pulumi from "@pulumi/pulumi";
import { ContentMap } from "../../capabilities/content-map.ts";
import { Credential } from "../../capabilities/credential.ts";
import { type Flow, flow } from "../../capabilities/network-flows.ts";
import type { Client } from "../../data/client.ts";
import type { StoreNetwork } from "../../data/store.ts";
import { images } from "../../images.ts";
import type { ContainerArgs } from "../../workload/container.ts";
import type { Probes } from "../../workload/probes.ts";
import { type Controller, Workload } from "../../workload/workload.ts";
import type { TechbraEcommerceSettings } from "./settings.ts";
import { springKafka } from "./spring-kafka.ts";

const services = { "order-service": 8081, "billing-service": 8082, "inventory-service": 8083, bff: 8084 } as const;

/** Room for the metrics, of which Prometheus keeps 8 GB. */
export const prometheusStorage = "10Gi";

/** What the tools open, beside what opens connections to them. */
export const toolFlows = (kafka: StoreNetwork): Flow[] => [
  kafka.flowFrom("kafka-ui"),
  flow("grafana", "prometheus", 9090),
  ...Object.entries(services).flatMap(([service, port]) => [
    flow("prometheus", service, port),
    flow(service, "jaeger", 4318),
  ]),
];

interface ToolsArgs {
  readonly namespace: string;
  readonly labels: (name: string) => Readonly<Record<string, string>> & { readonly app: string };
  readonly settings: TechbraEcommerceSettings["tools"];
  /** What kafka-ui needs to reach Kafka. */
  readonly kafka: Client;
  readonly storage: { readonly storageClass?: string };
}

/** kafka-ui, Grafana, Jaeger and Prometheus for one system (T05), each with a bound on what it keeps. */
export class ObservabilityTools extends pulumi.ComponentResource {
  constructor(
    name: string,
    { namespace, labels, settings, kafka, storage }: ToolsArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("platform:system:ObservabilityTools", name, {}, options);
    const parent = { parent: this };
    const tool = (
      toolName: string,
      uid: number,
      ports: Record<number, string>,
      container: Omit<ContainerArgs, "name" | "ports">,
      controller: Controller = { kind: "Deployment" },
      dependsOn: pulumi.Resource[] = [],
    ) =>
      new Workload(
        toolName,
        {
          namespace,
          labels: labels(toolName),
          controller,
          replicas: { fixed: 1 },
          identity: { uid, gid: uid },
          containers: [
            {
              ...container,
              name: toolName,
              ports: Object.fromEntries(Object.entries(ports).map(([port, portName]) => [portName, Number(port)])),
            },
          ],
          service: { name: toolName, ports },
        },
        { ...parent, dependsOn },
      );

    const spring = springKafka(kafka, "KAFKA_CLUSTERS_0_PROPERTIES_", "kafka-ui");
    const imports = spring.login.map(({ path }) => `configtree:${path}/`).join(",");
    tool(
      "kafka-ui",
      100,
      { 8080: "http" },
      {
        image: images.kafkaUi,
        env: {
          KAFKA_CLUSTERS_0_NAME: namespace,
          KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS: kafka.env["KAFKA_BROKERS"]!,
          KAFKA_CLUSTERS_0_READONLY: "true",
          JAVA_OPTS: "-Xmx256m",
          ...spring.env,
          ...(imports && { SPRING_CONFIG_IMPORT: imports }),
        },
        probes: probes("/actuator/health"),
        resources: { cpu: { request: "100m", limit: "1" }, memory: { request: "256Mi", limit: "512Mi" } },
        mounts: [
          { path: "/tmp", scratch: "128Mi" },
          ...kafka.mounts.filter(({ path }) => path.startsWith("/certificates/")),
          ...spring.login,
        ],
      },
    );

    // Nobody logs in with a password that stands in a manual.
    const admin = new Credential("grafana-admin", { namespace, labels: labels("grafana"), protect: false }, parent);
    const dataSource = new ContentMap(
      "grafana-datasource",
      {
        namespace,
        labels: labels("grafana"),
        files: {
          "prometheus.yaml":
            "apiVersion: 1\ndatasources:\n  - { name: Prometheus, type: prometheus, url: http://prometheus:9090, isDefault: true }\n",
        },
      },
      parent,
    );
    tool(
      "grafana",
      472,
      { 3000: "http" },
      {
        image: images.grafana,
        env: {
          GF_SECURITY_ADMIN_PASSWORD__FILE: "/credentials/grafana/password",
          GF_ANALYTICS_REPORTING_ENABLED: "false",
          GF_USERS_ALLOW_SIGN_UP: "false",
        },
        probes: probes("/api/health"),
        resources: {
          cpu: { request: "100m", limit: "1" },
          memory: { request: "128Mi", limit: "512Mi" },
          ephemeralStorage: { request: "64Mi", limit: "1536Mi" },
        },
        mounts: [
          { path: "/var/lib/grafana", scratch: "1Gi" },
          { path: "/tmp", scratch: "64Mi" },
          { path: "/credentials/grafana", secret: admin.secretName },
          { path: "/etc/grafana/provisioning/datasources", configMap: dataSource.mapName },
        ],
      },
      { kind: "Deployment" },
      [admin],
    );

    tool(
      "jaeger",
      10001,
      { 16686: "http", 4317: "otlp-grpc", 4318: "otlp-http" },
      {
        image: images.jaeger,
        // What is beyond this number makes room for newer traces: there is nothing to clean up.
        args: [`--set=extensions.jaeger_storage.backends.some_storage.memory.max_traces=${settings.traces}`],
        probes: probes("/"),
        resources: { cpu: { request: "100m", limit: "1" }, memory: { request: "256Mi", limit: "1Gi" } },
        mounts: [{ path: "/tmp", scratch: "64Mi" }],
      },
    );

    const targets = new ContentMap(
      "prometheus-config",
      { namespace, labels: labels("prometheus"), files: { "prometheus.yml": prometheusConfig() } },
      parent,
    );
    tool(
      "prometheus",
      65534,
      { 9090: "http" },
      {
        image: images.prometheus,
        args: [
          "--config.file=/etc/prometheus/prometheus.yml",
          "--storage.tsdb.path=/prometheus",
          `--storage.tsdb.retention.time=${settings.metricsRetentionDays}d`,
          "--storage.tsdb.retention.size=8GB",
        ],
        probes: { ...probes("/-/healthy"), readiness: { http: "/-/ready", port: "http" } },
        resources: { cpu: { request: "100m", limit: "1" }, memory: { request: "256Mi", limit: "1Gi" } },
        mounts: [
          { path: "/prometheus", claimTemplate: "data" },
          { path: "/tmp", scratch: "64Mi" },
          { path: "/etc/prometheus", configMap: targets.mapName },
        ],
      },
      { kind: "StatefulSet", claims: [{ name: "data", size: prometheusStorage, ...storage }] },
    );
    this.registerOutputs({});
  }
}

const probes = (path: string): Probes => ({
  startup: { http: path, port: "http", period: "5s", failureThreshold: 60 },
  readiness: { http: path, port: "http" },
  liveness: { tcp: "http", period: "15s", failureThreshold: 4 },
});

const prometheusConfig = (): string =>
  [
    "global: { scrape_interval: 15s }",
    "scrape_configs:",
    ...Object.entries(services).map(
      ([service, port]) =>
        `  - { job_name: ${service}, metrics_path: /actuator/prometheus, static_configs: [{ targets: ["${service}:${port}"] }] }`,
    ),
  ].join("\n") + "\n";
