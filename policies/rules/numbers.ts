import { z } from "zod";

const count = z.number().int().positive();

/**
 * The numbers of the rules that have any: defaults are the runbooks', each with its row. A section is named after the
 * rule that reads it.
 */
export const ruleNumbers = {
  "X01-namespace-pod-security": z
    .strictObject({
      minimumMinor: count
        .default(25)
        .describe(
          "Oldest minor version of Kubernetes whose Pod Security Standard may be enforced; in v1.25 it became stable (X01)",
        ),
    })
    .prefault({}),
  "X02-container-resources": z
    .strictObject({
      requireCpuLimit: z
        .boolean()
        .default(true)
        .describe("Whether each container needs a cpu limit besides its request (X02)"),
    })
    .prefault({}),
  "X02-memory-overcommit": z
    .strictObject({
      maxLimitRequestRatio: z
        .number()
        .min(1)
        .default(16)
        .describe(
          "Most that a memory limit may be, in multiples of its request; a LimitRange calls it so too. 1 asks for equal ones (X02)",
        ),
    })
    .prefault({}),
  "X03-probes": z
    .strictObject({
      required: z
        .array(z.enum(["startupProbe", "readinessProbe", "livenessProbe"]))
        .min(1)
        .default(["startupProbe", "readinessProbe", "livenessProbe"])
        .describe("Probes that each long-running container needs (X03)"),
    })
    .prefault({}),
  "X03-liveness-timing": z
    .strictObject({
      minTimeoutSeconds: count
        .default(2)
        .describe(
          "Shortest time a liveness probe may wait for its answer; Kubernetes' default of 1 s restarts busy programs (X03)",
        ),
      minFailureThreshold: count.default(2).describe("Fewest failures in a row that may restart a container (X03)"),
    })
    .prefault({}),
  "X03-startup-budget": z
    .strictObject({
      minBudgetSeconds: count
        .default(30)
        .describe("Least failureThreshold x periodSeconds of a startup probe: what Kubernetes' defaults give (X03)"),
    })
    .prefault({}),
  "X08-image-pinned": z
    .strictObject({
      movingTags: z
        .array(z.string())
        .default(["latest", "stable", "edge", "main", "master"])
        .describe("Tags that are moved from one build to the next (X08)"),
      requireDigest: z
        .boolean()
        .default(false)
        .describe("Whether each image needs a digest besides or instead of its tag (X08)"),
    })
    .prefault({}),
  "X08-image-registry": z
    .strictObject({
      allowed: z
        .array(z.string())
        .default([])
        .describe(
          "Registries, or paths in one, that images may come from; none means any. Docker Hub is docker.io, its own images docker.io/library (X08)",
        ),
      retired: z
        .array(z.string())
        .default(["k8s.gcr.io", "docker.pkg.github.com"])
        .describe("Registries that were replaced and get no new images: by registry.k8s.io and ghcr.io (X08)"),
    })
    .prefault({}),
  "X08-job-bounds": z
    .strictObject({
      requireTtl: z
        .boolean()
        .default(false)
        .describe(
          "Whether Jobs without an owner need ttlSecondsAfterFinished. A Job that its stack owns is removed by the stack; a TTL removes it behind the stack's back, and a refresh runs it again (X08, X10)",
        ),
    })
    .prefault({}),
  "P02-autoscaler-measure": z
    .strictObject({
      maxUtilization: count
        .default(100)
        .describe(
          "Most averageUtilization of an autoscaler, in percent of the request: pods above it are slow already (P02)",
        ),
    })
    .prefault({}),
  "P03-configuration-exists": z
    .strictObject({
      madeElsewhere: z
        .array(z.string())
        .default(["kube-root-ca.crt", "openshift-service-ca.crt"])
        .describe(
          "ConfigMaps and Secrets that pods may name although the stack does not declare them: the cluster or a person makes them (P03)",
        ),
    })
    .prefault({}),
  "P05-ingress-tls": z
    .strictObject({
      requireTls: z
        .boolean()
        .default(true)
        .describe("Whether each Ingress host needs TLS; otherwise only those beside a host that has it (P05)"),
      exemptSuffixes: z
        .array(z.string())
        .default([".local", ".localhost", ".test"])
        .describe("Ends of host names that no certificate authority signs, and that need no TLS (P05)"),
    })
    .prefault({}),
  "P05-certificate-renewal": z
    .strictObject({
      leadHours: count
        .default(168)
        .describe(
          "Least hours between a certificate's renewal and its end, in which a failed renewal can be noticed and mended; a third of the duration where that is shorter (P05)",
        ),
    })
    .prefault({}),
  "P05-certificate-strength": z
    .strictObject({
      maxHours: count
        .default(398 * 24)
        .describe(
          "Most hours a certificate may be good for: browsers accept 398 days. That of a certificate authority may be longer (P05)",
        ),
    })
    .prefault({}),
  "B04-postgres-liveness": z
    .strictObject({
      timeoutSeconds: count.default(10).describe("Least timeoutSeconds of Postgres' liveness probe (B04)"),
      initialDelaySeconds: count.default(60).describe("Least initialDelaySeconds (B04)"),
      periodSeconds: count.default(30).describe("Least periodSeconds (B04)"),
      failureThreshold: count.default(5).describe("Least failureThreshold (B04)"),
    })
    .prefault({}),
  "B05-postgres-startup": z
    .strictObject({
      budgetSeconds: count
        .default(300)
        .describe(
          "Least failureThreshold x periodSeconds of Postgres' startup probe: the time a crash recovery may take (B05)",
        ),
    })
    .prefault({}),
  "B06-redis-memory": z
    .strictObject({
      limitRatio: z
        .number()
        .min(1)
        .default(1.5)
        .describe("Memory limit of the container divided by Redis' maxmemory: room for fragmentation and forks (B06)"),
    })
    .prefault({}),
  "B11-backup-elsewhere": z
    .strictObject({
      requireUpload: z
        .boolean()
        .default(false)
        .describe(
          "Whether each backup needs a container named upload, which takes the copies out of the cluster: for production (B11)",
        ),
    })
    .prefault({}),
  "B11-prune-behind-verify": z
    .strictObject({
      keepAtLeast: count
        .default(3)
        .describe("Least KEEP_AT_LEAST of a backup's prune step: verified copies that stay however old they are (B11)"),
    })
    .prefault({}),
  "B17-connections": z
    .strictObject({
      reserve: z
        .number()
        .int()
        .min(0)
        .default(20)
        .describe("Connections that pools must leave free: for rollouts, jobs, backups and people (B17)"),
      defaultPool: count
        .default(10)
        .describe("Connections a program opens that does not say how many; the default of most pools (B17)"),
      poolVariables: z
        .array(z.string())
        .default([
          "PG_POOL_MAX",
          "MYSQL_POOL_MAX",
          "DB_POOL_MAX",
          "DB_POOL_SIZE",
          "DATABASE_POOL_MAX",
          "DATABASE_POOL_SIZE",
          "POOL_MAX",
          "POOL_SIZE",
          "SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE",
          "SPRING_DATASOURCE_HIKARI_MAXIMUMPOOLSIZE",
          "SQLALCHEMY_POOL_SIZE",
        ])
        .describe("Environment variables that set the size of a pool; the first one a container has counts (B17)"),
    })
    .prefault({}),
  "E06-database-egress": z
    .strictObject({
      addressBits: z
        .number()
        .int()
        .min(0)
        .default(4)
        .describe(
          "Most bits of an address that egress to a data store's port may leave open: 4 are 16 addresses (E06)",
        ),
    })
    .prefault({}),
  "T01-kafka-broker": z
    .strictObject({
      replicationFactor: count
        .default(3)
        .describe("Brokers that must have each message, where there are as many (T01)"),
    })
    .prefault({}),
  "T13-dead-letter-topic": z
    .strictObject({
      suffixes: z
        .array(z.string().min(1))
        .min(1)
        .default([".dlq", "-dlq", ".DLT", "-dlt"])
        .describe("What the name of a dead-letter topic adds to its topic's (T13)"),
    })
    .prefault({}),
  "X04-store-grace-period": z
    .strictObject({
      minSeconds: count.default(60).describe("Least terminationGracePeriodSeconds of a data store (X04)"),
    })
    .prefault({}),
  "X06-secret-in-env": z
    .strictObject({
      environmentOnly: z
        .array(z.string())
        .default(["REDISCLI_AUTH"])
        .describe(
          "Environment variables of programs that read their credential from nowhere else; * stands for any text (X06)",
        ),
    })
    .prefault({}),
  "X09-exception": z
    .strictObject({
      maxDays: count.default(180).describe("Most days that an exception may last from today (X09)"),
    })
    .prefault({}),
};

/** The numbers of the rules that have any, by rule id. */
export type RuleNumbers = { readonly [Id in keyof typeof ruleNumbers]: z.output<(typeof ruleNumbers)[Id]> };
