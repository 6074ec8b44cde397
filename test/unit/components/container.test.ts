import test from "ava";
import {
  type ContainerArgs,
  kubernetesContainer,
  type Mount,
  volumeName,
} from "../../../components/workload/container.ts";
import { podTemplate } from "../../../components/workload/pod.ts";
import { kubernetesProbe, startupBudget } from "../../../components/workload/probes.ts";

const container: ContainerArgs = {
  name: "api",
  image: "example.org/api:v1",
  resources: { cpu: { request: "50m", limit: "1" }, memory: { request: "64Mi", limit: "128Mi" } },
};

test("a container is hardened without being asked to (X01)", (t) => {
  t.deepEqual(kubernetesContainer(container).securityContext, {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
  });
});

test("a container asks for and is limited in processor, memory and ephemeral storage (X02)", (t) => {
  t.deepEqual(kubernetesContainer(container).resources, {
    requests: { cpu: "50m", memory: "64Mi", "ephemeral-storage": "64Mi" },
    limits: { cpu: "1", memory: "128Mi", "ephemeral-storage": "512Mi" },
  });
});

test("a secret value becomes a reference and a plain one stays plain (X06)", (t) => {
  const { env } = kubernetesContainer({ ...container, env: { LEVEL: "info", TOKEN: { secret: "api", key: "token" } } });
  t.deepEqual(env, [
    { name: "LEVEL", value: "info" },
    { name: "TOKEN", valueFrom: { secretKeyRef: { name: "api", key: "token" } } },
  ]);
});

test("a probe without timing has the defaults written out", (t) => {
  t.deepEqual(kubernetesProbe({ http: "/livez", port: "http" }), {
    httpGet: { path: "/livez", port: "http", scheme: "HTTP" },
    initialDelaySeconds: 0,
    periodSeconds: 10,
    timeoutSeconds: 5,
    failureThreshold: 3,
    successThreshold: 1,
  });
});

test("the start-up budget is what the startup and readiness probes allow together", (t) => {
  const probe = { tcp: "http" } as const;
  t.is(
    startupBudget({
      startup: { ...probe, initialDelay: "5s", period: "10s", failureThreshold: 6 },
      readiness: probe,
      liveness: probe,
    }),
    95,
  );
});

/** A container for each mount: c0, c1 and so on. */
const each = (mounts: readonly Mount[]) =>
  mounts.map((mount, index): ContainerArgs => ({ ...container, name: `c${index}`, mounts: [mount] })) as [
    ContainerArgs,
    ...ContainerArgs[],
  ];

test("containers that mean different things by one path are refused, because they would share what is there", (t) => {
  const pod =
    (...mounts: Mount[]) =>
    () =>
      podOf(...each(mounts));
  const refused = {
    message:
      'container "c1" mounts something else at /scripts than another container of its pod, and containers share what they mount at one path: choose another path',
  };
  t.throws(pod({ path: "/scripts", configMap: "one" }, { path: "/scripts", configMap: "other" }), refused);
  t.throws(pod({ path: "/scripts", configMap: "one" }, { path: "/scripts", scratch: "16Mi" }), refused);
  t.throws(pod({ path: "/scripts", secret: "keys" }, { path: "/scripts", secret: "keys", optional: true }), refused);
  t.notThrows(pod({ path: "/data", claim: "data" }, { path: "/data", claim: "data", readOnly: true }));
  t.notThrows(pod({ path: "/scripts", configMap: "one" }, { path: "/scripts", configMap: "one", item: "a" }));
});

test("of two sizes of scratch at one path the larger one holds, whichever comes first", (t) => {
  const sizes = (...scratch: `${number}Mi`[]) =>
    podOf(...each(scratch.map((size) => ({ path: "/tmp", scratch: size })))).spec.volumes;
  t.deepEqual(sizes("64Mi", "16Mi"), [{ name: "tmp", emptyDir: { sizeLimit: "64Mi" } }]);
  t.deepEqual(sizes("16Mi", "64Mi"), [{ name: "tmp", emptyDir: { sizeLimit: "64Mi" } }]);
});

test("containers that mount the same path share one volume, and a claim template brings its own", (t) => {
  const mounts = [
    { path: "/tmp", scratch: "16Mi" },
    { path: "/var/lib/data", claimTemplate: "data" },
  ] as const;
  const { spec } = podTemplate(
    {
      labels: { app: "api" },
      identity: { uid: 1000, gid: 1000 },
      serviceAccount: "api",
      initContainers: [{ ...container, name: "init", mounts }],
      containers: [{ ...container, mounts }],
    },
    "Always",
  ) as { spec: { volumes: unknown[] } };
  t.deepEqual(spec.volumes, [{ name: "tmp", emptyDir: { sizeLimit: "16Mi" } }]);
  t.is(volumeName(mounts[1]), "data");
});

type Pod = {
  spec: {
    volumes: unknown[];
    initContainers: { resources: unknown }[];
    containers: { resources: { limits: Record<string, string> } }[];
  };
};
const podOf = (...containers: [ContainerArgs, ...ContainerArgs[]]) =>
  podTemplate(
    { labels: { app: "api" }, identity: { uid: 1000, gid: 1000 }, serviceAccount: "api", containers },
    "Always",
  ) as unknown as Pod;
const storageLimits = (pod: Pod) => pod.spec.containers.map(({ resources }) => resources.limits["ephemeral-storage"]);

test("each container may use what all scratch paths and logs of its pod take on the node together, and 512Mi at least (X02)", (t) => {
  t.deepEqual(storageLimits(podOf({ ...container, mounts: [{ path: "/tmp", scratch: "64Mi" }] })), ["512Mi"]);
  const shared = { path: "/logs", scratch: "2Gi" } as const;
  t.deepEqual(
    storageLimits(
      podOf(
        { ...container, mounts: [shared, { path: "/tmp", scratch: "64Mi" }] },
        { ...container, name: "cleaner", mounts: [shared] },
      ),
    ),
    ["2240Mi", "2240Mi"],
  );
});

test("scratch in memory takes nothing of the node's disk, and neither does one with a claim of its own", (t) => {
  t.deepEqual(
    storageLimits(
      podOf({
        ...container,
        mounts: [
          { path: "/dev/shm", scratch: "2Gi", medium: "Memory" },
          { path: "/scratch", scratch: "100Gi" },
        ],
      }),
    ),
    ["512Mi"],
  );
});

test("a container that names less ephemeral storage than its pod needs is refused with the number that it needs", (t) => {
  const small = {
    ...container,
    resources: { ...container.resources, ephemeralStorage: { request: "64Mi", limit: "1Gi" } },
    mounts: [
      { path: "/tmp", scratch: "64Mi" },
      { path: "/scratch", scratch: "4Gi" },
    ],
  } as const;
  t.throws(() => podOf(small), {
    message:
      'container "api": the ephemeral-storage limit 1Gi is below 4224Mi, which its pod needs for logs and /tmp (64Mi), /scratch (4Gi): raise it, or leave ephemeralStorage out',
  });
  t.deepEqual(
    storageLimits(
      podOf({ ...small, resources: { ...small.resources, ephemeralStorage: { request: "64Mi", limit: "5Gi" } } }),
    ),
    ["5Gi"],
  );
});

test("scratch of up to 4 GiB is on the node, and a larger one a claim of the stack's class that comes and goes with the pod", (t) => {
  const claim = (storageClassName: object) => ({
    ephemeral: {
      volumeClaimTemplate: {
        spec: { accessModes: ["ReadWriteOnce"], ...storageClassName, resources: { requests: { storage: "4097Mi" } } },
      },
    },
  });
  t.deepEqual(
    podOf({ ...container, mounts: [{ path: "/scratch", scratch: "4Gi", storageClass: "fast" }] }).spec.volumes,
    [{ name: "scratch", emptyDir: { sizeLimit: "4Gi" } }],
  );
  t.deepEqual(
    podOf({ ...container, mounts: [{ path: "/scratch", scratch: "4097Mi", storageClass: "fast" }] }).spec.volumes,
    [{ name: "scratch", ...claim({ storageClassName: "fast" }) }],
  );
  t.deepEqual(podOf({ ...container, mounts: [{ path: "/scratch", scratch: "4097Mi" }] }).spec.volumes, [
    { name: "scratch", ...claim({}) },
  ]);
});

test("a pod gets no token of the API server and never runs as root (X01)", (t) => {
  const { spec } = podTemplate(
    { labels: { app: "api" }, identity: { uid: 1000, gid: 2000 }, serviceAccount: "api", containers: [container] },
    "Never",
  ) as unknown as { spec: Record<string, unknown> };
  t.is(spec["automountServiceAccountToken"], false);
  t.deepEqual(spec["securityContext"], {
    runAsNonRoot: true,
    runAsUser: 1000,
    runAsGroup: 2000,
    fsGroup: 2000,
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
  });
});
