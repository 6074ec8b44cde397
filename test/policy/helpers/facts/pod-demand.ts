import { examplesOf, object, stack } from "../example.ts";

type Demand = typeof import("../../../../policies/facts/pod-demand.ts");

const most =
  (kind: string, ...specs: readonly (object | undefined)[]) =>
  ({ podsAtMost }: Demand) =>
    specs.map((spec) => {
      const workload = object(kind, "web", { spec });
      return podsAtMost(workload, stack(workload));
    });
const kept =
  (kind: string, ...specs: readonly (object | undefined)[]) =>
  ({ podsKept }: Demand) =>
    specs.map((spec) => {
      const workload = object(kind, "web", { spec });
      return podsKept(workload, stack(workload));
    });
const surge = (replicas: number, maxSurge?: number | string) => ({
  replicas,
  strategy: { rollingUpdate: { maxSurge } },
});
const sizes = (requests?: string, limits?: string) => ({
  resources: { ...(requests && { requests: { memory: requests } }), ...(limits && { limits: { memory: limits } }) },
});
/** What one pod asks for, with these parts of its spec. */
const asks =
  (list: "requests" | "limits", ...specs: readonly object[]) =>
  ({ podDemand }: Demand) =>
    specs.map((spec) =>
      podDemand(object("Deployment", "web", { spec: { template: { spec } } }), { list, name: "memory" }),
    );

export const podDemand = examplesOf<Demand>("policies/facts/pod-demand.ts", {
  "a Deployment has a quarter of its replicas more while it is updated, rounded up": [
    most(
      "Deployment",
      { replicas: 4 },
      { replicas: 5 },
      { replicas: 8, strategy: { type: "RollingUpdate" } },
      {},
      undefined,
    ),
    [5, 7, 10, 2, 2],
  ],
  "a Deployment's surge is a number or a share": [
    most(
      "Deployment",
      surge(4, 3),
      surge(4, 0),
      surge(10, "15%"),
      surge(4, "50%"),
      surge(10, "100%"),
      surge(4, "0%"),
      surge(1000, "50%"),
    ),
    [7, 4, 12, 6, 20, 4, 1500],
  ],
  "a Deployment that is recreated, or has no replicas, has none beside them": [
    most("Deployment", { replicas: 4, strategy: { type: "Recreate" } }, { replicas: 0 }, surge(0, 2)),
    [4, 0, 0],
  ],
  "other workloads have their replicas": [
    (helper) => [
      most("StatefulSet", { replicas: 3 })(helper),
      most("DaemonSet", {})(helper),
      most("Pod", { replicas: 3 })(helper),
    ],
    [[3], [1], [1]],
  ],
  "a Job has its parallelism, and none where it is suspended": [
    (helper) => [
      most(
        "Job",
        {},
        { parallelism: 4 },
        { parallelism: 4, suspend: true },
        { suspend: false },
        { parallelism: 0 },
      )(helper),
      most(
        "CronJob",
        {},
        { jobTemplate: { spec: { parallelism: 4 } } },
        { suspend: true, jobTemplate: { spec: { parallelism: 4 } } },
        { suspend: false },
        { jobTemplate: {} },
      )(helper),
    ],
    [
      [1, 4, 0, 1, 0],
      [1, 4, 0, 1, 1],
    ],
  ],
  "an autoscaler's most replicas count": [
    ({ podsAtMost }) => {
      const workload = object("Deployment", "web", { spec: { replicas: 1 } });
      const scaler = object("HorizontalPodAutoscaler", "web", {
        spec: { maxReplicas: 8, scaleTargetRef: { kind: "Deployment", name: "web", apiVersion: "apps/v1" } },
      });
      return podsAtMost(workload, stack(workload, scaler));
    },
    10,
  ],
  "a Job keeps the pods of all its tries": [
    kept(
      "Job",
      {},
      { backoffLimit: 0 },
      { backoffLimit: 2, parallelism: 3 },
      { backoffLimit: 2, ttlSecondsAfterFinished: 60 },
    ),
    [7, 1, 9, 3],
  ],
  "a CronJob keeps those of its history, each failed one with all tries": [
    kept(
      "CronJob",
      { jobTemplate: { spec: { backoffLimit: 0 } } },
      { jobTemplate: { spec: { backoffLimit: 2 } } },
      { successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 2, jobTemplate: { spec: { backoffLimit: 2 } } },
      { successfulJobsHistoryLimit: 0, failedJobsHistoryLimit: 0, jobTemplate: { spec: { backoffLimit: 0 } } },
      {},
    ),
    [5, 9, 10, 1, 17],
  ],
  "a CronJob whose Jobs go by themselves keeps one run": [
    kept("CronJob", { jobTemplate: { spec: { backoffLimit: 2, ttlSecondsAfterFinished: 0 } } }),
    [3],
  ],
  "workloads without tries keep what they have": [
    (helper) => [
      kept("Deployment", { replicas: 4 })(helper),
      kept("StatefulSet", { replicas: 3, backoffLimit: 9 })(helper),
    ],
    [[5], [3]],
  ],
  "a pod asks for the sum of its containers": [
    asks("requests", { containers: [sizes("1Ki"), sizes("2Ki")] }, { containers: [sizes()] }, { containers: [] }, {}),
    [3072, 0, 0, 0],
  ],
  "a request that is missing is the limit, and a limit that is missing is nothing": [
    (helper) => [
      asks("requests", { containers: [sizes(undefined, "2Ki")] }, { containers: [sizes("1Ki", "2Ki")] })(helper),
      asks("limits", { containers: [sizes("2Ki")] }, { containers: [sizes("1Ki", "2Ki")] })(helper),
    ],
    [
      [2048, 1024],
      [0, 2048],
    ],
  ],
  "init containers run one by one before the others": [
    asks(
      "requests",
      { initContainers: [sizes("5Ki"), sizes("4Ki")], containers: [sizes("3Ki")] },
      { initContainers: [sizes("1Ki"), sizes("2Ki")], containers: [sizes("4Ki")] },
    ),
    [5120, 4096],
  ],
  "sidecars run beside all that come after them": [
    asks(
      "requests",
      { initContainers: [{ ...sizes("1Ki"), restartPolicy: "Always" }, sizes("5Ki")], containers: [sizes("2Ki")] },
      { initContainers: [sizes("5Ki"), { ...sizes("1Ki"), restartPolicy: "Always" }], containers: [sizes("2Ki")] },
      {
        initContainers: [
          { ...sizes("1Ki"), restartPolicy: "Always" },
          { ...sizes("2Ki"), restartPolicy: "Always" },
        ],
        containers: [sizes("4Ki")],
      },
      { initContainers: [{ ...sizes("3Ki"), restartPolicy: "Always" }], containers: [] },
    ),
    [6144, 5120, 7168, 3072],
  ],
  "a pod's overhead comes on top": [
    asks(
      "requests",
      { overhead: { memory: "1Ki" }, containers: [sizes("2Ki")] },
      { overhead: { memory: "1Ki" }, initContainers: [sizes("4Ki")], containers: [sizes("2Ki")] },
    ),
    [3072, 5120],
  ],
  "what is no quantity, or no pod, asks for nothing": [
    (helper) => [
      asks("requests", { containers: [sizes("many")] })(helper),
      helper.podDemand(object("ConfigMap", "c"), { list: "requests", name: "memory" }),
    ],
    [[0], 0],
  ],
});
