import type { Rule } from "../../rules/rule.ts";

/** A kind as the API server serves it. */
export interface ServedKind {
  /** API group; empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** What older releases of its operator serve instead. @default none */
  readonly olderVersion?: string;
  /** The plural in the URL. */
  readonly resource: string;
  /** Where objects stand: in a namespace, for themselves (Namespace), or in the whole cluster. @default "namespaced" */
  readonly scope?: Scope;
  /** Fields besides labels and annotations that hold what rules judge. @default ["spec"] */
  readonly content?: readonly string[];
  /** CEL of the pod spec inside. @default none */
  readonly pod?: string;
}

/** How objects of a kind are told to be ours: by their namespace's labels, by their own, or not at all. */
export type Scope = "namespaced" | "namespace" | "cluster";

const inTemplate = { pod: "object.spec.template.spec" };

/** Every kind that a rule with CEL looks at. */
const served: Readonly<Record<string, ServedKind>> = {
  Deployment: { group: "apps", version: "v1", resource: "deployments", ...inTemplate },
  StatefulSet: { group: "apps", version: "v1", resource: "statefulsets", ...inTemplate },
  DaemonSet: { group: "apps", version: "v1", resource: "daemonsets", ...inTemplate },
  // Its Deployment scales it: what it was made from stays, and must not keep an old version from being scaled down.
  ReplicaSet: { group: "apps", version: "v1", resource: "replicasets", content: ["spec.template"], ...inTemplate },
  ReplicationController: { group: "", version: "v1", resource: "replicationcontrollers", ...inTemplate },
  Job: { group: "batch", version: "v1", resource: "jobs", ...inTemplate },
  CronJob: { group: "batch", version: "v1", resource: "cronjobs", pod: "object.spec.jobTemplate.spec.template.spec" },
  PodTemplate: {
    group: "",
    version: "v1",
    resource: "podtemplates",
    content: ["template"],
    pod: "object.template.spec",
  },
  Pod: { group: "", version: "v1", resource: "pods", pod: "object.spec" },
  ConfigMap: { group: "", version: "v1", resource: "configmaps", content: ["data", "binaryData"] },
  Secret: { group: "", version: "v1", resource: "secrets", content: ["data", "type"] },
  Service: { group: "", version: "v1", resource: "services" },
  ServiceAccount: {
    group: "",
    version: "v1",
    resource: "serviceaccounts",
    content: ["automountServiceAccountToken", "secrets", "imagePullSecrets"],
  },
  PersistentVolumeClaim: { group: "", version: "v1", resource: "persistentvolumeclaims" },
  Ingress: { group: "networking.k8s.io", version: "v1", resource: "ingresses" },
  NetworkPolicy: { group: "networking.k8s.io", version: "v1", resource: "networkpolicies" },
  PodDisruptionBudget: { group: "policy", version: "v1", resource: "poddisruptionbudgets" },
  HorizontalPodAutoscaler: { group: "autoscaling", version: "v2", resource: "horizontalpodautoscalers" },
  Role: { group: "rbac.authorization.k8s.io", version: "v1", resource: "roles", content: ["rules"] },
  RoleBinding: { group: "rbac.authorization.k8s.io", version: "v1", resource: "rolebindings", content: ["subjects"] },
  ClusterRole: {
    group: "rbac.authorization.k8s.io",
    version: "v1",
    resource: "clusterroles",
    scope: "cluster",
    content: ["rules", "aggregationRule"],
  },
  ClusterRoleBinding: {
    group: "rbac.authorization.k8s.io",
    version: "v1",
    resource: "clusterrolebindings",
    scope: "cluster",
    content: ["subjects"],
  },
  PersistentVolume: { group: "", version: "v1", resource: "persistentvolumes", scope: "cluster" },
  Namespace: { group: "", version: "v1", resource: "namespaces", scope: "namespace", content: [] },
  Certificate: { group: "cert-manager.io", version: "v1", resource: "certificates" },
  KafkaTopic: { group: "kafka.strimzi.io", version: "v1", olderVersion: "v1beta2", resource: "kafkatopics" },
  SealedSecret: { group: "bitnami.com", version: "v1alpha1", resource: "sealedsecrets" },
  ScaledObject: { group: "keda.sh", version: "v1alpha1", resource: "scaledobjects" },
};

/** The kinds a rule looks at, by name. Throws for one that nothing is known of here. */
export function servedKinds({ id, kinds }: Pick<Rule, "id" | "kinds">): ReadonlyMap<string, ServedKind> {
  return new Map(
    kinds.map((kind) => {
      const known = served[kind];
      if (known === undefined)
        throw new Error(
          `${id} looks at ${kind}: name its group, version and plural in policies/gates/admission/kinds.ts`,
        );
      return [kind, known] as const;
    }),
  );
}
