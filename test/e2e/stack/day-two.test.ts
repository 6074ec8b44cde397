import { spawn } from "node:child_process";
import { join } from "node:path";
import test from "ava";
import { checkout } from "../../../scripts/support/checkout.ts";
import { command, eventually, kubectl } from "../../support/cluster.ts";
import { changedStack, type SettingChanges } from "../../support/changed-stack.ts";
import { startWriters } from "../../support/writers.ts";

const up = (folder: string) => command(process.execPath, [join(folder, "scripts/run.mjs"), "up"], { timeout: 900_000 });

/** Changes in place, by rolling pods, and with a pause of a store, in each system. */
const changes: SettingChanges = {
  "monitoring.namespace": "monitoring",
  dnsCidrs: ["169.254.20.10/32"],
  // Of whom the controller on this cluster is one, by its address.
  "ingress.cidrs": ["10.88.0.0/16"],
  "bgc-platform.api.freeTierRequestsPerDay": 7,
  "bgc-platform.api.replicas": 2,
  "bgc-platform.hosts.api": "api.day-two.local",
  "bgc-platform.web.resources.memoryLimit": "320Mi",
  "bgc-platform.postgres.maxConnections": 120,
  "bgc-platform.postgres.resources.memoryLimit": "1536Mi",
  "bgc-platform.postgres.rotation": 2,
  "bgc-platform.postgres.backup.schedule": "30 2 * * *",
  "bgc-platform.redis.maxMemory": "256Mi",
  "bgc-platform.redis.rotation": 2,
  "bgc-platform.quota.pods": 45,
  "bgc-platform.publicPaths.api": ["/healthz"],
  "bgc-platform.authenticatingProxy": true,
  "platform-service.replicas": { min: 2, max: 6 },
  "platform-service.host": "platform.day-two.local",
  "platform-service.audit.retentionDays": 400,
  "platform-service.audit.schedule": "40 3 * * *",
  "platform-service.config": { LOG_LEVEL: "debug" },
  "platform-service.logs.keepDays": 5,
  "platform-service.maintenance": true,
  "platform-service.postgres.rotation": 2,
  "platform-service.postgres.maintenanceSchedule": "0 5 * * 0",
  "platform-service.postgres.backup.keepDays": 9,
  "platform-service.postgres.backup.timeZone": "America/Sao_Paulo",
  "platform-service.redis.rotation": 2,
  "bots-edi.database.rotation": 2,
  "bots-edi.database.resources.memoryLimit": "768Mi",
  "bots-edi.webserver.replicas": { min: 3, max: 4 },
  "bots-edi.engine.schedule": "*/10 * * * *",
  "bots-edi.engine.suspended": true,
  "bots-edi.backup.scratch": "3Gi",
  "bots-edi.backup.deadline": "3h",
  "bots-edi.ini": { maxattempts: 4, enginemaxseconds: 240, pagelimit: 50 },
  "resilient-api-gateway.rateLimit.profile": "web",
  "resilient-api-gateway.circuitBreaker.profile": "tolerant",
  "resilient-api-gateway.reverseProxy": "nginx",
  "resilient-api-gateway.upstream.replicas": 2,
  "resilient-api-gateway.configurationBackup.keepDays": 60,
  "resilient-api-gateway.redis.maxMemory": "192Mi",
  "resilient-api-gateway.redis.rotation": 2,
  "techbra-ecommerce.kafka.resources.memoryLimit": "1280Mi",
  "techbra-ecommerce.order.replicas": { min: 2, max: 3 },
  "techbra-ecommerce.circuitBreaker.waitSeconds": 20,
  "techbra-ecommerce.paymentFailureRate": 0.2,
  "techbra-ecommerce.consumerLag": 500,
  "techbra-ecommerce.kafka.backup.schedule": "15 2 * * *",
  "techbra-ecommerce.redis.rotation": 2,
  "techbra-ecommerce.redis.maxMemory": "160Mi",
  "techbra-ecommerce.postgres.rotation": 2,
  "techbra-ecommerce.postgres.maxConnections": 220,
  "techbra-ecommerce.postgres.resources.cpuRequest": "60m",
};

/** What the cluster says of each of them afterwards. */
const of = (namespace: string, object: string, path: string) =>
  kubectl("get", object, "-n", namespace, "-o", `jsonpath={${path}}`);
const limit = (namespace: string, object: string) =>
  of(namespace, object, ".spec.template.spec.containers[0].resources.limits.memory");
const seen = async () => ({
  freeTier: await of(
    "data",
    "deployment/bgc-api",
    '.spec.template.spec.containers[0].env[?(@.name=="FREE_TIER_REQUESTS_PER_DAY")].value',
  ),
  apis: await of("data", "deployment/bgc-api", ".status.readyReplicas"),
  host: await of("data", "ingress/bgc-api", ".spec.rules[0].host"),
  webLimit: await limit("data", "deployment/bgc-web"),
  postgresLimit: await limit("data", "statefulset/postgres"),
  backupAt: await of("data", "cronjob/postgres-backup", ".spec.schedule"),
  pods: await of("data", "resourcequota", ".items[0].spec.hard.pods"),
  range: await of("platform", "hpa/platform-service", ".spec.minReplicas}-{.spec.maxReplicas"),
  mysqlLimit: await limit("edi", "statefulset/mysql"),
  kafkaLimit: await limit("techbra-test", "statefulset/kafka"),
});

test.serial(
  "settings of every kind change on a running stack: no acknowledged write is lost, and a second update changes nothing (X10)",
  async (t) => {
    const writers = await startWriters();
    try {
      for (const { store, count } of writers)
        await eventually(`the first writes to ${store}`, 120, count, (number) => number >= 10);
      const folder = changedStack(t, changes);
      const before = await Promise.all(writers.map(({ count }) => count()));
      const changed = await up(folder);
      t.is(changed.code, 0, changed.stdout + changed.stderr);
      t.deepEqual(await seen(), {
        freeTier: "7",
        apis: "2",
        host: "api.day-two.local",
        webLimit: "320Mi",
        postgresLimit: "1536Mi",
        backupAt: "30 2 * * *",
        pods: "45",
        range: "2-6",
        mysqlLimit: "768Mi",
        kafkaLimit: "1280Mi",
      });
      const again = await up(folder);
      t.is(again.code, 0, again.stdout + again.stderr);
      t.regex(again.stdout, /^done: \d+ unchanged \(/m);
      t.true(again.stdout.split("\n").length < 60, again.stdout);
      for (const [index, { store, count }] of writers.entries())
        await eventually(`writes to ${store} after the change`, 120, count, (number) => number > before[index]! + 10);
    } finally {
      for (const writer of writers) {
        const { acknowledged, lost, pauseSeconds } = await writer.end();
        t.log(
          `${writer.store}: ${acknowledged} acknowledged writes, ${lost.length} lost, longest pause ${pauseSeconds} s`,
        );
        t.deepEqual(lost, [], writer.store);
      }
    }
  },
);

test.serial(
  "a setting that keeps a store's pod from running is repaired by going back to the checkout's own version, which restores all others as well (X10)",
  async (t) => {
    // More than any node has: the pod stays Pending.
    const folder = changedStack(t, {
      "bots-edi.database.resources": { cpuRequest: "64", cpuLimit: "64", memoryRequest: "256Mi", memoryLimit: "1Gi" },
      "bots-edi.quota.cpu": "80",
    });
    const child = spawn(process.execPath, [join(folder, "scripts/run.mjs"), "up"], { detached: true, stdio: "ignore" });
    const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
    const phase = () => of("edi", "pod/mysql-0", ".status.phase");
    try {
      await eventually("a pod that no node has room for", 300, phase, (answer) => answer === "Pending");
    } finally {
      process.kill(-child.pid!, "SIGINT");
      await ended;
    }
    const { code, stdout, stderr } = await up(checkout);
    t.is(code, 0, stdout + stderr);
    t.is(await phase(), "Running");
    const { freeTier, host } = await seen();
    t.deepEqual({ freeTier, host }, { freeTier: "5", host: "api.bgc.localhost" });
  },
);
