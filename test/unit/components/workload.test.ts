import type * as pulumi from "@pulumi/pulumi";
import test from "ava";
import { ScheduledJob } from "../../../components/workload/job.ts";
import { Workload, type WorkloadArgs } from "../../../components/workload/workload.ts";
import type { Manifest } from "../../../scripts/support/declared-objects.ts";
import { find } from "../../support/objects.ts";
import { declaredBy } from "../../support/stack-variant.ts";

const args: WorkloadArgs = {
  namespace: "shop",
  labels: { app: "api" },
  controller: { kind: "Deployment" },
  replicas: { fixed: 2 },
  identity: { uid: 1000, gid: 1000 },
  containers: [
    {
      name: "api",
      image: "example.org/api:v1",
      ports: { http: 8080 },
      resources: { cpu: { request: "50m", limit: "1" }, memory: { request: "64Mi", limit: "128Mi" } },
    },
  ],
  service: { name: "front", ports: { 80: "http" } },
};
const declared = (changes: Partial<WorkloadArgs> = {}) =>
  declaredBy(() => new Workload("api", { ...args, ...changes }));
const consumerLag = {
  brokers: "kafka.shop.svc:9092",
  group: "api-group",
  topics: ["orders", "payments"],
  threshold: 200,
};
const claims = [{ name: "data", size: "1Gi", storageClass: "fast" }] as const;
const fixed = await declared();
const byCpu = await declared({ replicas: { min: 3, max: 8, targetCpuPercent: 60 } });
const byLag = await declared({ replicas: { min: 1, max: 6, consumerLag } });
const quorum = await declared({
  replicas: { fixed: 3 },
  controller: { kind: "StatefulSet", claims, peers: { serviceName: "api-peers", ports: { 9092: "kafka" } } },
});
const single = await declared({ controller: { kind: "StatefulSet", claims: [{ name: "data", size: "1Gi" }] } });
const spec = (objects: readonly Manifest[], kind: string, name = "api") =>
  find(objects, kind, name)["spec"] as Record<string, unknown>;
const kinds = (objects: readonly Manifest[]) => objects.map(({ kind }) => kind).sort();

test("a fixed number stands in the Deployment, and nothing scales it", (t) => {
  t.is(spec(fixed, "Deployment")["replicas"], 2);
  t.deepEqual(kinds(fixed), ["Deployment", "PodDisruptionBudget", "Service", "ServiceAccount"]);
});

test("a range is the autoscaler's, and the Deployment has no number for an update to reset (P02, X10)", (t) => {
  t.false("replicas" in spec(byCpu, "Deployment"));
  t.deepEqual(spec(byCpu, "HorizontalPodAutoscaler"), {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "api" },
    minReplicas: 3,
    maxReplicas: 8,
    metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 60 } } }],
  });
});

test("a range by consumer lag is KEDA's, which makes an autoscaler of its own (T04)", (t) => {
  t.false("replicas" in spec(byLag, "Deployment"));
  t.deepEqual(kinds(byLag), ["Deployment", "PodDisruptionBudget", "ScaledObject", "Service", "ServiceAccount"]);
  t.deepEqual(spec(byLag, "ScaledObject"), {
    scaleTargetRef: { kind: "Deployment", name: "api" },
    minReplicaCount: 1,
    maxReplicaCount: 6,
    triggers: ["orders", "payments"].map((topic) => ({
      type: "kafka",
      metadata: { bootstrapServers: "kafka.shop.svc:9092", consumerGroup: "api-group", topic, lagThreshold: "200" },
    })),
  });
});

test("an update starts a new pod before it stops an old one, or stops all first where none may run twice", async (t) => {
  t.deepEqual(spec(fixed, "Deployment")["strategy"], {
    type: "RollingUpdate",
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
  });
  const replaced = await declared({ controller: { kind: "Deployment", replaceAll: true } });
  t.deepEqual(spec(replaced, "Deployment")["strategy"], { type: "Recreate" });
});

test("one pod at a time may be evicted, never none, also a broken one (X04)", (t) => {
  t.deepEqual(spec(fixed, "PodDisruptionBudget"), {
    maxUnavailable: 1,
    selector: { matchLabels: { app: "api" } },
    unhealthyPodEvictionPolicy: "AlwaysAllow",
  });
});

test("volumes of a StatefulSet outlive it, and a scale-down never deletes one (X07)", (t) => {
  for (const objects of [quorum, single])
    t.deepEqual(spec(objects, "StatefulSet")["persistentVolumeClaimRetentionPolicy"], {
      whenDeleted: "Retain",
      whenScaled: "Retain",
    });
  const [claim] = spec(quorum, "StatefulSet")["volumeClaimTemplates"] as { metadata: { name: string }; spec: object }[];
  t.deepEqual(
    [claim!.metadata.name, claim!.spec],
    ["data", { accessModes: ["ReadWriteOnce"], storageClassName: "fast", resources: { requests: { storage: "1Gi" } } }],
  );
  t.deepEqual((spec(single, "StatefulSet")["volumeClaimTemplates"] as (typeof claim)[])[0]!.spec, {
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "1Gi" } },
  });
});

test("an update reaches a pod of a StatefulSet that is not Ready, and pods of a quorum start together", (t) => {
  for (const objects of [quorum, single]) t.is(spec(objects, "StatefulSet")["podManagementPolicy"], "Parallel");
});

test("no update deletes a StatefulSet: the template of its volumes stays, and so does the order of its pods (X07)", async (t) => {
  const options: Record<string, unknown> = {};
  const transformations: pulumi.ResourceTransformation[] = [
    ({ type, opts }) => {
      const { deleteBeforeReplace, ignoreChanges } = opts as pulumi.CustomResourceOptions;
      options[type] = { deleteBeforeReplace, ignoreChanges };
      return undefined;
    },
  ];
  await declaredBy(
    () => new Workload("api", { ...args, controller: { kind: "StatefulSet", claims } }, { transformations }),
  );
  t.deepEqual(options["kubernetes:apps/v1:StatefulSet"], {
    deleteBeforeReplace: false,
    ignoreChanges: ["spec.podManagementPolicy", "spec.volumeClaimTemplates"],
  });
});

test("pods of a quorum find each other by name before they are Ready (T01)", (t) => {
  t.is(spec(quorum, "StatefulSet")["serviceName"], "api-peers");
  const { clusterIP, publishNotReadyAddresses, ports } = spec(quorum, "Service", "api-peers");
  t.deepEqual(
    { clusterIP, publishNotReadyAddresses, ports },
    {
      clusterIP: "None",
      publishNotReadyAddresses: true,
      ports: [{ name: "kafka", port: 9092, targetPort: "kafka", protocol: "TCP" }],
    },
  );
  t.is(spec(single, "StatefulSet")["serviceName"], "front");
});

test("the Service leads to the named port of exactly these pods, whose account has no token (X01)", (t) => {
  t.deepEqual(spec(fixed, "Service", "front"), {
    type: "ClusterIP",
    selector: { app: "api" },
    ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
  });
  t.is(find(fixed, "ServiceAccount", "api")["automountServiceAccountToken"], false);
});

const { service: _service, controller: _controller, replicas: _replicas, ...job } = args;
const scheduled = (changes: object = {}) =>
  declaredBy(
    () => new ScheduledJob("nightly", { ...job, deadline: "30m", schedule: { cron: "*/5 * * * *" }, ...changes }),
  );

test("a scheduled job never overlaps itself, names its time zone, and is bounded in time, tries and history (E03, X08)", async (t) => {
  const { jobTemplate, ...rest } = spec(await scheduled(), "CronJob", "nightly") as {
    jobTemplate: { spec: Record<string, unknown> };
  };
  t.deepEqual(rest, {
    schedule: "*/5 * * * *",
    timeZone: "Etc/UTC",
    concurrencyPolicy: "Forbid",
    startingDeadlineSeconds: 3600,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 3,
    suspend: false,
  });
  t.deepEqual([jobTemplate.spec["activeDeadlineSeconds"], jobTemplate.spec["backoffLimit"]], [1800, 2]);
  const { suspend, timeZone, failedJobsHistoryLimit } = spec(
    await scheduled({
      suspended: true,
      schedule: { cron: "0 1 * * *", timeZone: "America/Sao_Paulo" },
      history: { succeeded: 1, failed: 9 },
    }),
    "CronJob",
    "nightly",
  );
  t.deepEqual(
    { suspend, timeZone, failedJobsHistoryLimit },
    { suspend: true, timeZone: "America/Sao_Paulo", failedJobsHistoryLimit: 9 },
  );
});
