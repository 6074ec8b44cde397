import test from "ava";
import { type ContainerArgs, kubernetesContainer, volumeName } from "../../../components/workload/container.ts";
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
  t.deepEqual(env, [{ name: "LEVEL", value: "info" }, { name: "TOKEN", valueFrom: { secretKeyRef: { name: "api", key: "token" } } }]);
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
  t.is(startupBudget({ startup: { ...probe, initialDelay: "5s", period: "10s", failureThreshold: 6 }, readiness: probe, liveness: probe }), 95);
});

test("containers that mount the same path share one volume, and a claim template brings its own", (t) => {
  const mounts = [{ path: "/tmp", scratch: "16Mi" }, { path: "/var/lib/data", claimTemplate: "data" }] as const;
  const { spec } = podTemplate({ labels: { app: "api" }, identity: { uid: 1000, gid: 1000 }, serviceAccount: "api", initContainers: [{ ...container, name: "init", mounts }], containers: [{ ...container, mounts }] }, "Always") as { spec: { volumes: unknown[] } };
  t.deepEqual(spec.volumes, [{ name: "tmp", emptyDir: { sizeLimit: "16Mi" } }]);
  t.is(volumeName(mounts[1]), "data");
});

test("a pod gets no token of the API server and never runs as root (X01)", (t) => {
  const { spec } = podTemplate({ labels: { app: "api" }, identity: { uid: 1000, gid: 2000 }, serviceAccount: "api", containers: [container] }, "Never") as unknown as { spec: Record<string, unknown> };
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
