/**
 * The public images every stack uses, pinned to a release. Private application images are configuration, not pins.
 * Where no registry can be reached, the local cluster builds images of these very names from Debian and npm packages,
 * Go modules and jars of Maven Central.
 */
export const images = {
  /** PostgreSQL server, client and dump tools (B03, B10). UID and GID 999. */
  postgres: "docker.io/library/postgres:15.20-bookworm",
  /** Redis server and redis-cli (B06). UID and GID 999. */
  redis: "docker.io/library/redis:7.0.15-bookworm",
  /** MariaDB server, client and dump tools, under MySQL's protocol (E06, E09). UID and GID 999, port 3306. */
  mariadb: "docker.io/library/mariadb:10.11.19",
  /** The same of MySQL 9.7 LTS, for backups of an external MySQL (E06, E09). UID and GID 999. */
  mysql: "docker.io/library/mysql:9.7.4",
  /** Kafka in KRaft mode and its command-line tools (T01). UID and GID 1000, port 9092. */
  kafka: "docker.io/apache/kafka:4.1.0",
  /** Node.js runtime of the contract server. UID and GID 1000. */
  node: "docker.io/library/node:24.21.0-bookworm-slim",
  /** nginx that listens on 8080 without root, as the optional reverse proxy (G11). UID and GID 101. */
  nginx: "docker.io/nginxinc/nginx-unprivileged:1.28.0-alpine",
  /** Looks into topics and consumer groups (T05). */
  kafkaUi: "docker.io/kafbat/kafka-ui:v1.3.0",
  /** Dashboards (T05). UID 472. */
  grafana: "docker.io/grafana/grafana:12.1.1",
  /** Traces, in memory (T05). UID 10001. */
  jaeger: "docker.io/jaegertracing/jaeger:2.10.0",
  /** Metrics (T05). UID 65534. */
  prometheus: "docker.io/prom/prometheus:v3.13.5",
  /** Uploads verified backups to S3 where a stack asks for it (B11). Its shell is BusyBox's. */
  rclone: "docker.io/rclone/rclone:1.76.0",
} as const;
