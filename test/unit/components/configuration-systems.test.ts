import test from "ava";
import { from } from "./support/stated.ts";

const of = <Name extends "platform-service" | "bots-edi" | "resilient-api-gateway" | "techbra-ecommerce">(
  name: Name,
  values: object = {},
) => from({ [name]: values })()[name];
const refused = (path: string, message: string) => ({
  message: `the stack's configuration has 1 wrong value:\n  ${path}: ${message}`,
});

test("an empty platform service has the runbook's numbers (P02, P06, P07, P08)", (t) => {
  const { host, replicas, resources, maintenance, config, audit, logs, postgres, redis } = of("platform-service");
  t.deepEqual(
    [host, replicas, resources.memoryLimit],
    ["platform-service", { min: 3, max: 8, targetCpuPercent: 70 }, "1Gi"],
  );
  t.deepEqual(
    [maintenance, config, audit.retentionDays, audit.schedule, logs.keepDays, logs.storage],
    [false, {}, 365, "30 3 * * *", 7, "256Mi"],
  );
  t.deepEqual(
    [postgres.backup.schedule, postgres.backup.timeZone, postgres.maintenanceSchedule, redis.maxMemory],
    ["0 2 * * *", "Etc/UTC", "0 4 * * 0", "512Mi"],
  );
});

test("an empty EDI has the runbook's numbers, and a database of its own because no address is known (E01, E03, E07, E09, E11)", (t) => {
  const { host, webserver, jobqueue, engine, database, data, backup, snapshots, velero } = of("bots-edi");
  t.deepEqual(
    [host, webserver.replicas, jobqueue.replicas],
    ["bots-edi.pminc.me", { min: 2, max: 5, targetCpuPercent: 70 }, 1],
  );
  t.deepEqual(
    [engine.schedule, engine.suspended, database.kind, data.claimName, data.storage],
    ["*/5 * * * *", false, "in-cluster", "bots-edi-data-pvc", "20Gi"],
  );
  t.deepEqual(
    [backup.schedule, backup.keepDays, snapshots.snapshotClass, velero.keepDays],
    ["0 2 * * *", 30, "csi-snapclass", 30],
  );
});

test("an external database of EDI has the runbook's host and port, and needs its address (E06)", (t) => {
  t.deepEqual(of("bots-edi", { database: { kind: "external", cidr: "10.20.0.10/32" } }).database, {
    kind: "external",
    server: "mysql",
    storage: "5Gi",
    host: "kona.db.pminc.me",
    port: 3306,
    cidr: "10.20.0.10/32",
    tls: { mode: "VERIFY_IDENTITY" },
  });
  t.throws(from({ "bots-edi": { database: { kind: "external", cidr: "10.20.0.10/32", server: "oracle" } } }), {
    message: /^ {2}bots-edi\.database\.server: Invalid option: expected one of "mysql"\|"mariadb"/m,
  });
  t.throws(from({ "bots-edi": { database: { kind: "external" } } }), {
    message: /^ {2}bots-edi\.database\.cidr: Invalid input/m,
  });
  t.throws(from({ "bots-edi": { database: { kind: "external", cidr: "kona.db.pminc.me" } } }), {
    message: /^ {2}bots-edi\.database\.cidr: Invalid IPv4 range \(is "kona\.db\.pminc\.me"\)$/m,
  });
  t.throws(
    from({ "bots-edi": { database: { kind: "in-cluster", host: "kona.db.pminc.me" } } }),
    refused(
      "bots-edi.database.host",
      'there is no such setting; the nearest is "kind"; there are kind, resources, rotation, storage',
    ),
  );
});

test("an empty gateway has the runbook's numbers (G01, G05, G06, G07, G08)", (t) => {
  const { proxy, upstream, rateLimit, circuitBreaker, redis, configurationBackup, reverseProxy } =
    of("resilient-api-gateway");
  t.deepEqual(
    [proxy.replicas, upstream.replicas, reverseProxy],
    [{ min: 5, max: 10, targetCpuPercent: 70 }, 2, "ingress"],
  );
  t.deepEqual([proxy.resources.cpuLimit, proxy.resources.memoryLimit], ["1", "512Mi"]);
  t.deepEqual([rateLimit, circuitBreaker], [{ profile: "web" }, { profile: "aggressive" }] as never);
  t.deepEqual(
    [redis.backup.schedule, redis.backup.timeZone, configurationBackup.schedule],
    ["0 2 * * *", "Etc/UTC", "0 3 * * 0"],
  );
});

test("an unknown profile and a limit of nothing are refused (G05, G06)", (t) => {
  t.throws(
    from({ "resilient-api-gateway": { rateLimit: { profile: "mobile" } } }),
    refused(
      "resilient-api-gateway.rateLimit.profile",
      'Invalid option: expected one of "iot"|"web"|"partner" (is "mobile")',
    ),
  );
  t.throws(
    from({ "resilient-api-gateway": { circuitBreaker: { failureThreshold: 0 } } }),
    refused("resilient-api-gateway.circuitBreaker.failureThreshold", "Too small: expected number to be >=1 (is 0)"),
  );
});

test("an empty shop has the runbook's numbers (T01, T04, T05, T07)", (t) => {
  const { order, billing, inventory, bff, consumerLag, kafka, tools, circuitBreaker, paymentFailureRate } =
    of("techbra-ecommerce");
  t.deepEqual(
    [order, billing, inventory, bff].map(({ replicas }) => [replicas.min, replicas.max]),
    [
      [1, 3],
      [1, 2],
      [1, 3],
      [1, 3],
    ],
  );
  t.deepEqual([consumerLag, kafka.brokers, kafka.partitions, paymentFailureRate], [1000, 1, 6, 0]);
  t.deepEqual([tools, circuitBreaker], [
    { enabled: true, metricsRetentionDays: 15, traces: 50_000 },
    { failureRatePercent: 50, slidingWindow: 20, waitSeconds: 10 },
  ] as never);
});

test("consumers beyond the partitions are refused with the path, and the front may be more (T04)", (t) => {
  const message = "a consumer's replicas.max is above kafka.partitions: the pods beyond would have nothing to do";
  t.throws(
    from({ "techbra-ecommerce": { kafka: { partitions: 2 } } }),
    refused("techbra-ecommerce.kafka.partitions", `${message} (is 2)`),
  );
  for (const service of ["order", "billing", "inventory"]) {
    t.throws(
      from({ "techbra-ecommerce": { [service]: { replicas: { max: 7 } } } }),
      refused("techbra-ecommerce.kafka.partitions", message),
      service,
    );
    t.notThrows(
      from({ "techbra-ecommerce": { [service]: { replicas: { max: 7 } }, kafka: { partitions: 7 } } }),
      service,
    );
  }
  t.notThrows(from({ "techbra-ecommerce": { bff: { replicas: { max: 7 } } } }));
});

test("two brokers are refused, because they cannot outvote each other (T01)", (t) => {
  t.throws(
    from({ "techbra-ecommerce": { kafka: { brokers: 2 } } }),
    refused("techbra-ecommerce.kafka.brokers", "expected 1 or 3: two brokers cannot outvote one that is away (is 2)"),
  );
  t.is(of("techbra-ecommerce", { kafka: { brokers: 3 } }).kafka.brokers, 3);
});

test("a range that ends before it begins is refused (P02)", (t) => {
  t.throws(
    from({ "platform-service": { replicas: { min: 9 } } }),
    refused("platform-service.replicas", 'min is above max (is {"min":9})'),
  );
  t.notThrows(from({ "platform-service": { replicas: { min: 8 } } }));
});

test("evidence is kept for 90 days at least (P07)", (t) => {
  t.throws(
    from({ "platform-service": { audit: { retentionDays: 89 } } }),
    refused("platform-service.audit.retentionDays", "Too small: expected number to be >=90 (is 89)"),
  );
  t.is(of("platform-service", { audit: { retentionDays: 90 } }).audit.retentionDays, 90);
});

test("schedules have five fields and a time zone that exists (X08)", (t) => {
  t.throws(
    from({ "bots-edi": { engine: { schedule: "@daily" } } }),
    refused("bots-edi.engine.schedule", 'expected five cron fields such as "0 2 * * *" (is "@daily")'),
  );
  t.throws(
    from({ "bots-edi": { engine: { timeZone: "Brasilia" } } }),
    refused("bots-edi.engine.timeZone", 'expected an IANA time zone such as "America/Sao_Paulo" (is "Brasilia")'),
  );
  t.is(of("bots-edi", { engine: { timeZone: "America/Sao_Paulo" } }).engine.timeZone, "America/Sao_Paulo");
});

test("scratch space and deadline of a backup can be set, and follow from the data where they are not (B10, B11)", (t) => {
  const { backup } = of("platform-service", { postgres: { backup: { scratch: "60Gi", deadline: "90m" } } }).postgres;
  t.deepEqual([backup.scratch, backup.deadline], ["60Gi", "90m"]);
  const unset = of("platform-service", {}).postgres.backup;
  t.deepEqual([unset.scratch, unset.deadline], [undefined, undefined]);
  t.throws(
    from({ "platform-service": { postgres: { backup: { deadline: "soon" } } } }),
    refused("platform-service.postgres.backup.deadline", 'expected a span of time such as "90m" or "4h" (is "soon")'),
  );
  t.throws(
    from({ "platform-service": { postgres: { backup: { scratch: "60GB" } } } }),
    refused(
      "platform-service.postgres.backup.scratch",
      'expected an amount of memory or storage such as "512Mi" (is "60GB")',
    ),
  );
});

test("other engines need the addresses that policies are made of (X05)", (t) => {
  t.throws(from({ "platform-service": { postgres: { engine: { kind: "cloudnative-pg" } } } }), {
    message: /^ {2}platform-service\.postgres\.engine\.apiServerCidr: Invalid input/m,
  });
  t.throws(
    from({
      "platform-service": {
        postgres: {
          engine: {
            kind: "cloudnative-pg",
            apiServerCidr: "10.43.0.1/32",
            recovery: { fromServerName: "postgres", targetTime: "2026-03-01" },
          },
        },
      },
    }),
    refused(
      "platform-service.postgres.engine.recovery.targetTime",
      'expected a time with its zone such as "2026-03-01T12:00:00Z" (is "2026-03-01")',
    ),
  );
  t.throws(
    from({
      "platform-service": { postgres: { engine: { kind: "external", host: "db.example.com", passwordSecret: "db" } } },
    }),
    { message: /^ {2}platform-service\.postgres\.engine\.cidr: Invalid input/m },
  );
  t.throws(from({ "techbra-ecommerce": { kafka: { engine: { kind: "strimzi" } } } }), {
    message: /^ {2}techbra-ecommerce\.kafka\.engine\.apiServerCidr: Invalid input/m,
  });
  t.throws(
    from({
      "techbra-ecommerce": { kafka: { engine: { kind: "external", brokers: "broker-1", cidr: "192.0.2.0/28" } } },
    }),
    { message: /^ {2}techbra-ecommerce\.kafka\.engine\.brokers: expected brokers such as .* \(is "broker-1"\)$/m },
  );
  t.deepEqual(
    of("platform-service", { postgres: { engine: { kind: "cloudnative-pg", apiServerCidr: "10.43.0.1/32" } } }).postgres
      .engine,
    { kind: "cloudnative-pg", instances: 3, apiServerCidr: "10.43.0.1/32", apiServerPorts: [443, 6443] },
  );
});

test("a bucket's endpoint has one range of addresses or several, and the former single one is refused with what to write (B11, X05)", (t) => {
  const s3 = {
    cidrs: ["192.0.2.0/24", "198.51.100.0/24"],
    endpoint: "https://s3.example.com",
    region: "here",
    bucket: "copies",
    prefix: "orders",
    credentialsSecret: "bucket-keys",
  };
  const backup = (changes: object) =>
    from({ "platform-service": { postgres: { backup: { s3: { ...s3, ...changes } } } } });
  t.deepEqual(backup({})()["platform-service"].postgres.backup.s3, s3);
  const path = "platform-service.postgres.backup.s3";
  t.throws(
    backup({ cidr: "192.0.2.0/24" }),
    refused(
      `${path}.cidr`,
      'is a list now: write cidrs: [...] with every range that the endpoint answers from (is "192.0.2.0/24")',
    ),
  );
  t.throws(backup({ cidrs: [] }), refused(`${path}.cidrs`, "Too small: expected array to have >=1 items (is [])"));
  t.throws(
    backup({ cidrs: ["s3.example.com"] }),
    refused(`${path}.cidrs[0]`, 'Invalid IPv4 range (is "s3.example.com")'),
  );
  for (const endpoint of ["s3.example.com", "ftp://s3.example.com"]) {
    t.throws(
      backup({ endpoint }),
      refused(
        `${path}.endpoint`,
        `expected an address such as "https://s3.sa-east-1.amazonaws.com" (is "${endpoint}")`,
      ),
    );
  }
});
