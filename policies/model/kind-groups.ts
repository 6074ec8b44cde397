/**
 * Kinds that rules know and that are outside of Kubernetes' groups without a dot (`v1`, `apps`, `batch`, …), with the
 * groups that they belong to.
 */
const ownGroups: Readonly<Record<string, readonly string[]>> = {
  ...own(["networking.k8s.io"], "Ingress", "IngressClass", "NetworkPolicy"),
  ...own(["rbac.authorization.k8s.io"], "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"),
  ...own(["storage.k8s.io"], "StorageClass"),
  ...own(["scheduling.k8s.io"], "PriorityClass"),
  ...own(["cert-manager.io", "certmanager.k8s.io"], "Certificate", "Issuer", "ClusterIssuer"),
  ...own(["keda.sh"], "ScaledObject", "TriggerAuthentication"),
  ...own(["bitnami.com"], "SealedSecret"),
  ...own(["external-secrets.io", "kubernetes-client.io"], "ExternalSecret", "SecretStore"),
  ...own(["kafka.strimzi.io"], "KafkaTopic"),
  ...own(["velero.io"], "Schedule", "Backup"),
};

/** Kinds of Kubernetes' groups without a dot that others have a kind of the same name for. */
const coreKinds = new Set([
  "Namespace",
  "Service",
  "Secret",
  "ConfigMap",
  "ServiceAccount",
  "Pod",
  "PodTemplate",
  "ReplicationController",
  "PersistentVolumeClaim",
  "PersistentVolume",
  "ResourceQuota",
  "LimitRange",
  "Endpoints",
  "Node",
  "Deployment",
  "StatefulSet",
  "DaemonSet",
  "ReplicaSet",
  "Job",
  "CronJob",
  "HorizontalPodAutoscaler",
  "PodDisruptionBudget",
]);

function own(groups: readonly string[], ...kinds: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(kinds.map((kind) => [kind, groups]));
}

/** `apps` of `apps/v1`; empty for `v1`. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
}

/**
 * The kind by which rules know an object: its own name, or with its group, as in `Service.serving.knative.dev`, where
 * another API calls something else by a
 * name that rules know. Groups without a dot are all Kubernetes' own: no custom resource may have one.
 */
export function kindOf(apiVersion: string, kind: string): string {
  const group = groupOf(apiVersion);
  if (!group.includes(".")) return kind;
  const isOther = Object.hasOwn(ownGroups, kind) ? !ownGroups[kind]!.includes(group) : coreKinds.has(kind);
  return isOther ? `${kind}.${group}` : kind;
}

/** Whether this is a kind of which rules know the group. */
export function hasGroup(kind: string): boolean {
  return coreKinds.has(kind) || Object.hasOwn(ownGroups, kind);
}
