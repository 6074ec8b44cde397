import test from "ava";
import { Kafka } from "../../../components/data/kafka/kafka.ts";
import { StrimziKafka } from "../../../components/data/kafka/strimzi.ts";
import { Mysql } from "../../../components/data/mysql/mysql.ts";
import { postgresMaintenance } from "../../../components/data/postgres/maintenance.ts";
import { postgresStore } from "../../../components/data/postgres/store.ts";
import { sqlJob } from "../../../components/data/postgres/sql-job.ts";
import { Redis } from "../../../components/data/redis/redis.ts";
import type { Exceptions } from "../../../components/workload/exceptions.ts";
import { Job, ScheduledJob } from "../../../components/workload/job.ts";
import { Workload } from "../../../components/workload/workload.ts";
import { fromManifest } from "../../../policies/model/kubernetes-object.ts";
import { evaluate } from "../../../policies/engine/judge.ts";
import { parseSettings } from "../../../policies/engine/settings.ts";
import type { Manifest } from "../../../scripts/support/declared-objects.ts";
import { declaredBy } from "../../support/stack-variant.ts";

const day = "2026-03-01";
const own = { reason: "writes its cache beside the program", until: "2026-03-31" };
const text = `${own.reason}; until=${own.until}`;
const container = {
  name: "api",
  image: "example.org/api:latest",
  ports: { http: 8080 },
  resources: { cpu: { request: "50m", limit: "1" }, memory: { request: "64Mi", limit: "128Mi" } },
} as const;
const pod = {
  namespace: "shop",
  labels: { app: "api" },
  identity: { uid: 1000, gid: 1000 },
  containers: [container],
} as const;
const workload = {
  ...pod,
  controller: { kind: "Deployment" },
  replicas: { min: 2, max: 4, targetCpuPercent: 60 },
  service: { name: "front", ports: { 80: "http" } },
} as const;

/** The exceptions of all objects and of their pod templates, by `Kind/name rule`. */
function carried(objects: readonly Manifest[]): string[] {
  const rules = (annotations: unknown) =>
    Object.keys((annotations ?? {}) as object)
      .filter((key) => key.startsWith("production-platform/exception."))
      .map((key) => key.replace(/^.*exception\./, ""));
  return objects
    .flatMap((object) => {
      const template = (object["spec"] as { template?: { metadata?: { annotations?: object } } } | undefined)?.template;
      return [
        ...rules(object.metadata.annotations).map((rule) => `${object.kind}/${object.metadata.name} ${rule}`),
        ...rules(template?.metadata?.annotations).map((rule) => `template of ${object.metadata.name} ${rule}`),
      ];
    })
    .sort();
}
const onEach = async (part: () => unknown) => carried(await declaredBy(part));

test("an exception of a workload stands on its controller, or on the object that it names, and never on the pods (X09)", async (t) => {
  const exceptions: Exceptions = {
    "X08-image-pinned": own,
    "X05-service-exposed": { ...own, on: "Service" },
    "X01-service-account-automount": { ...own, on: "ServiceAccount" },
    "X04-eviction-possible": { ...own, on: "PodDisruptionBudget" },
    "P02-autoscaler-range": { ...own, on: "HorizontalPodAutoscaler" },
  };
  const objects = await declaredBy(() => new Workload("api", { ...workload, exceptions }));
  t.deepEqual(carried(objects), [
    "Deployment/api X08-image-pinned",
    "HorizontalPodAutoscaler/api P02-autoscaler-range",
    "PodDisruptionBudget/api X04-eviction-possible",
    "Service/front X05-service-exposed",
    "ServiceAccount/api X01-service-account-automount",
  ]);
  t.is(
    objects.find(({ kind }) => kind === "Deployment")!.metadata.annotations![
      "production-platform/exception.X08-image-pinned"
    ],
    text,
  );
  t.deepEqual(carried(await declaredBy(() => new Workload("api", workload))), []);
});

test("the rule that an argument excepts from takes it for an exception, and no other rule does (X09)", async (t) => {
  const judged = async (exceptions?: Exceptions) => {
    const objects = await declaredBy(() => new Workload("api", { ...workload, exceptions }));
    const { findings, excepted } = evaluate(
      objects.flatMap((object) => fromManifest(object)),
      parseSettings(),
      day,
    );
    const about = (found: readonly { rule: { id: string }; message: string }[]) =>
      found
        .filter(({ rule }) => rule.id === "X08-image-pinned" || rule.id.startsWith("X09"))
        .map(({ rule, message }) => `${rule.id}: ${message}`);
    return [about(findings), about(excepted)];
  };
  const moving = 'X08-image-pinned: image example.org/api:latest uses the moving tag "latest"';
  t.deepEqual(await judged(), [[moving], []]);
  t.deepEqual(await judged({ "X08-image-pinned": own }), [[], [moving]]);
  t.deepEqual(await judged({ "X01-privileged": own }), [
    [moving, "X09-exception-unused: exception from X01-privileged excepts from nothing: the rule is kept"],
    [],
  ]);
  t.deepEqual(
    await judged({ "X08-image-pinned": { ...own, until: "2026-02-28" } }),
    [["X09-exception: exception from X08-image-pinned expired on 2026-02-28", moving], []].map((list) =>
      list.toSorted((a, b) => (a < b ? -1 : 1)),
    ),
  );
});

test("an exception among the annotations of the pods is found, with where to write it (X09)", async (t) => {
  const objects = await declaredBy(
    () => new Workload("api", { ...workload, annotations: { "production-platform/exception.X08-image-pinned": text } }),
  );
  const { findings } = evaluate(
    objects.flatMap((object) => fromManifest(object)),
    parseSettings(),
    day,
  );
  t.deepEqual(
    findings
      .filter(({ rule }) => rule.id === "X09-exception")
      .map(({ object, message }) => `${object.ref}: ${message}`),
    [
      "Deployment shop/api: exception from X08-image-pinned stands on the pod template, where it excepts from nothing: write it on the Deployment",
    ],
  );
});

test("an exception of a job stands on the Job or the CronJob, and on the Job that the schedule is begun with (X09)", async (t) => {
  const exceptions: Exceptions = {
    "X08-image-pinned": own,
    "X01-service-account-automount": { ...own, on: "ServiceAccount" },
  };
  const args = { ...pod, deadline: "15m", exceptions } as const;
  t.deepEqual(await onEach(() => new Job("load", { ...args, jobName: "load-1" })), [
    "Job/load-1 X08-image-pinned",
    "ServiceAccount/load X01-service-account-automount",
  ]);
  t.deepEqual(
    await onEach(() => new ScheduledJob("tidy", { ...args, schedule: { cron: "0 2 * * *" } }).runOnce("first", [])),
    [
      "CronJob/tidy X08-image-pinned",
      "Job/tidy-first X08-image-pinned",
      "ServiceAccount/tidy X01-service-account-automount",
    ],
  );
});

test("an exception of a data store stands on its server, one of its backup on the backup, whoever runs the server (X09)", async (t) => {
  const exceptions: Exceptions = { "X08-image-pinned": own };
  const backup = {
    exceptions: { "B11-backup-elsewhere": own, "X07-claim-size": { ...own, on: "PersistentVolumeClaim" } },
  };
  const common = { namespace: "shop", retainData: false, exceptions } as const;
  const postgres = {
    ...common,
    serviceName: "pg",
    labels: { app: "pg" },
    settingPath: "shop.postgres",
    database: "shop",
    user: "shop",
    backup,
  };
  t.deepEqual(await onEach(() => postgresStore("pg", { kind: "statefulset" }, postgres).declare({})), [
    "CronJob/pg-backup B11-backup-elsewhere",
    "PersistentVolumeClaim/pg-backup X07-claim-size",
    "StatefulSet/pg X08-image-pinned",
  ]);
  const s3 = {
    cidrs: ["10.0.0.1/32"],
    endpoint: "https://s3.example.org",
    region: "here",
    bucket: "copies",
    prefix: "pg",
    credentialsSecret: "bucket",
  };
  const operators = { ...postgres, backup: { s3, exceptions: { "X08-cron-job-time": own } } };
  t.deepEqual(
    await onEach(() =>
      postgresStore(
        "pg",
        { kind: "cloudnative-pg", instances: 3, apiServerCidr: "10.43.0.1/32", apiServerPorts: [6443] },
        operators,
      ).declare({}),
    ),
    ["Cluster/pg X08-image-pinned", "ScheduledBackup/pg-backup X08-cron-job-time"],
  );
  t.deepEqual(
    await onEach(
      () => new Redis("redis", { ...common, role: "cache", serviceName: "redis", labels: { app: "redis" } }),
    ),
    ["Deployment/redis X08-image-pinned"],
  );
  t.deepEqual(
    await onEach(
      () =>
        new Mysql("mysql", {
          ...common,
          serviceName: "mysql",
          database: "shop",
          user: "shop",
          credentialName: "mysql-shop",
        }),
    ),
    ["StatefulSet/mysql X08-image-pinned"],
  );
  t.deepEqual(
    await onEach(() =>
      new Kafka("kafka", {
        ...common,
        serviceName: "kafka",
        labels: { app: "kafka" },
        topics: [],
        resources: container.resources,
        backup,
      }).backup.first(),
    ),
    [
      "CronJob/kafka-backup B11-backup-elsewhere",
      "Job/kafka-backup-first B11-backup-elsewhere",
      "PersistentVolumeClaim/kafka-backup X07-claim-size",
      "StatefulSet/kafka X08-image-pinned",
    ],
  );
  t.deepEqual(
    await onEach(
      () =>
        new StrimziKafka("kafka", {
          ...common,
          engine: {
            kind: "strimzi",
            operatorNamespace: "strimzi",
            apiServerCidr: "10.43.0.1/32",
            apiServerPorts: [6443],
          },
          serviceName: "kafka",
          labels: { app: "kafka" },
          topics: [],
          resources: container.resources,
          backup,
        }),
    ),
    ["Kafka/kafka X08-image-pinned"],
  );
  const store = {
    client: { env: {}, mounts: [], annotations: {} },
    location: { service: "pg", port: 5432 },
    ready: [],
  };
  t.deepEqual(
    await onEach(() =>
      sqlJob(
        "load",
        { namespace: "shop", postgres: store, script: "migrate.sh", files: {}, jobName: "load-1", exceptions },
        {},
      ),
    ),
    ["Job/load-1 X08-image-pinned"],
  );
  t.deepEqual(
    await onEach(() =>
      postgresMaintenance(
        "vacuum",
        { namespace: "shop", client: store.client, schedule: { cron: "0 3 * * 0" }, exceptions },
        {},
      ),
    ),
    ["CronJob/vacuum X08-image-pinned"],
  );
});

test("an exception that no object would carry, or that says too little, is refused before anything is made (X09)", async (t) => {
  const exceptions: Exceptions = {
    "X05-service-exposed": { ...own, on: "Ingress" },
    "X08-image-pinned": { reason: "-", until: "31.3.2026" },
  };
  await t.throwsAsync(
    declaredBy(() => new Workload("api", { ...workload, exceptions })),
    {
      message:
        "exceptions of api: X05-service-exposed stands on Ingress, of which it makes none: on is one of Deployment, Service, ServiceAccount, PodDisruptionBudget, HorizontalPodAutoscaler; " +
        'X08-image-pinned gives no reason; X08-image-pinned ends on "31.3.2026": write a day as YYYY-MM-DD',
    },
  );
});
