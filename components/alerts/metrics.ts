/** Who tells metrics that alerts read, and how Prometheus has to read them. */
export interface MetricSource {
  readonly name: string;
  /** How it is read, as a sentence. */
  readonly read: string;
  /** Whether a stack declares it today. Where it does not, a Prometheus of yours has to bring it. */
  readonly declared: boolean;
  readonly metrics: readonly string[];
}

/** Every metric that an alert reads, by who tells it. Each series has the label `namespace` of what it is about. */
export const metricSources: readonly MetricSource[] = [
  {
    name: "the programs",
    read: "Pods with the annotation prometheus.io/scrape, at prometheus.io/port and prometheus.io/path, with the labels pod and service.",
    declared: true,
    metrics: [
      "http_requests_total",
      "http_request_errors_total",
      "http_request_duration_seconds_bucket",
      "http_request_duration_seconds_count",
      "http_requests_5xx_total",
      "http_requests_429_total",
      "circuit_breaker_state",
      "bots_database_up",
      "bots_transactions_total",
      "bots_errors_total",
      "bots_queue_depth",
      "bots_processing_duration_seconds_bucket",
      "bots_processing_duration_seconds_sum",
      "bots_processing_duration_seconds_count",
    ],
  },
  {
    name: "the shop's programs",
    read: "The same way at /actuator/prometheus, with Micrometer's histograms of http.server.requests and hikaricp.connections.usage and the bound 500ms.",
    declared: false,
    metrics: [
      "http_server_requests_seconds_bucket",
      "http_server_requests_seconds_count",
      "jvm_memory_used_bytes",
      "jvm_memory_max_bytes",
      "hikaricp_connections_active",
      "hikaricp_connections_max",
      "hikaricp_connections_usage_seconds_bucket",
    ],
  },
  {
    name: "kube-state-metrics",
    read: "With honor_labels, so that namespace is that of the object.",
    declared: false,
    metrics: [
      "kube_deployment_status_replicas_available",
      "kube_cronjob_created",
      "kube_cronjob_spec_suspend",
      "kube_cronjob_status_last_successful_time",
      "kube_job_failed",
      "kube_job_owner",
      "kube_job_status_start_time",
      "kube_pod_container_resource_limits",
      "kube_pod_container_status_restarts_total",
    ],
  },
  {
    name: "the kubelet",
    read: "Its pages /metrics and /metrics/cadvisor.",
    declared: false,
    metrics: [
      "container_cpu_usage_seconds_total",
      "container_memory_working_set_bytes",
      "kubelet_volume_stats_used_bytes",
      "kubelet_volume_stats_capacity_bytes",
    ],
  },
  {
    name: "a measure in the pod",
    read: "What a claim holds and asked for: on local-path the kubelet knows neither (E18).",
    declared: false,
    metrics: ["platform_volume_used_bytes", "platform_volume_size_bytes"],
  },
  {
    name: "postgres_exporter",
    read: "One beside each PostgreSQL, 0.20 or newer, which tells wait_event_type.",
    declared: false,
    metrics: ["pg_stat_activity_count", "pg_settings_max_connections"],
  },
  {
    name: "redis_exporter",
    read: "One beside each Redis.",
    declared: false,
    metrics: [
      "redis_memory_used_bytes",
      "redis_memory_max_bytes",
      "redis_keyspace_hits_total",
      "redis_keyspace_misses_total",
    ],
  },
  { name: "mysqld_exporter", read: "One for EDI's server.", declared: false, metrics: ["mysql_up"] },
  {
    name: "kafka_exporter",
    read: "One for the shop's Kafka, or Strimzi's own, which has the same names.",
    declared: false,
    metrics: [
      "kafka_consumergroup_lag",
      "kafka_topic_partition_current_offset",
      "kafka_topic_partition_under_replicated_partition",
    ],
  },
  {
    name: "cert-manager",
    read: "With or without honor_labels.",
    declared: false,
    metrics: ["certmanager_certificate_expiration_timestamp_seconds", "certmanager_certificate_ready_status"],
  },
  { name: "Prometheus", read: "It tells of each target whether it answers.", declared: false, metrics: ["up"] },
];
