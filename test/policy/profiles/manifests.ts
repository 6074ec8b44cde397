import { stringify } from "yaml";

const yaml = (...objects: readonly object[]) =>
  objects.map((object) => stringify(object, { version: "1.1" })).join("---\n");
const labels = { app: "web" };

/** What most introductions show, with two replicas. */
export const plainNginx = yaml({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "nginx" },
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { containers: [{ name: "nginx", image: "nginx:1.27", ports: [{ containerPort: 80 }] }] },
    },
  },
});

const container = {
  name: "web",
  image: "registry.example/web:v1.4.2",
  ports: [{ name: "http", containerPort: 8080 }],
  resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
  readinessProbe: { httpGet: { path: "/ready", port: "http" } },
  securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
};
const spreadPod = {
  automountServiceAccountToken: false,
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: labels },
    },
  ],
};
const goodDeployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "shop" },
  spec: {
    replicas: 3,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { ...spreadPod, containers: [container] } },
  },
};
const budget = {
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: "web", namespace: "shop" },
  spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow", selector: { matchLabels: labels } },
};

/** A Deployment that a careful team writes, with its disruption budget. */
export const good = yaml(goodDeployment, budget);

/** An agent that reads the logs of its node, as a DaemonSet with the rights of the node. */
export const nodeAgent = yaml({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "agent", namespace: "logs" },
  spec: {
    selector: { matchLabels: { app: "agent" } },
    template: {
      metadata: { labels: { app: "agent" } },
      spec: {
        ...spreadPod,
        topologySpreadConstraints: undefined,
        hostNetwork: true,
        hostPID: true,
        securityContext: undefined,
        volumes: [{ name: "logs", hostPath: { path: "/var/log" } }],
        containers: [
          {
            ...container,
            name: "agent",
            securityContext: { privileged: true },
            volumeMounts: [{ name: "logs", mountPath: "/logs" }],
          },
        ],
      },
    },
  },
});

/** A Service that sends to a port which its pods do not have, behind an Ingress that names another Service. */
export const brokenPaths = yaml(
  goodDeployment,
  budget,
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "shop" },
    spec: { selector: labels, ports: [{ name: "http", port: 80, targetPort: "web" }] },
  },
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "shop", namespace: "shop" },
    spec: {
      ingressClassName: "nginx",
      rules: [
        {
          host: "shop.example",
          http: {
            paths: [
              { path: "/", pathType: "Prefix", backend: { service: { name: "website", port: { name: "http" } } } },
            ],
          },
        },
      ],
    },
  },
);

/** An operator that may do everything, with a password in its environment. */
export const operator = yaml(
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "operator", namespace: "shop" } },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "operator" },
    rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }],
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "operator" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "operator" },
    subjects: [{ kind: "ServiceAccount", name: "operator", namespace: "shop" }],
  },
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "operator", namespace: "shop" },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          ...spreadPod,
          serviceAccountName: "operator",
          containers: [{ ...container, env: [{ name: "DB_PASSWORD", value: "Tr0ub4dor&3x" }] }],
        },
      },
    },
  },
);
