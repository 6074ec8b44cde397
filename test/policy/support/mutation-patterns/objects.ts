import { isDeepStrictEqual } from "node:util";
import type { Manifest } from "../../../../policies/model/kubernetes-object.ts";
import { added, beside, by, field, kept, onlyWhere, patternsOf } from "../mutation-pattern.ts";

const standard = (mode: string) => `metadata.labels["pod-security.kubernetes.io/${mode}"]`;
const twin = beside("a second one beside it", ({ metadata, ...rest }) => ({
  ...rest,
  metadata: { ...metadata, name: `${metadata?.name}-too` },
}));
const aConfigMap = by("a ConfigMap", ({ metadata }: Manifest) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata,
  data: { password: "hunter2" },
}));
const grants = (label: string, apiGroup: string, resource: string, ...verbs: readonly string[]) =>
  kept(
    "rules",
    by(label, (rules: readonly object[]) => [...rules, { apiGroups: [apiGroup], resources: [resource], verbs }]),
  );
const rbac = "rbac.authorization.k8s.io";
const administrator = { apiGroup: rbac, kind: "ClusterRole", name: "cluster-admin" };

const namespaces = [
  ...patternsOf(
    ["Namespace"],
    field(""),
    field("metadata.labels"),
    field(standard("enforce"), "baseline", "privileged"),
    kept(standard("enforce-version"), "v1.19"),
    field(standard("audit"), "privileged"),
    field(standard("warn"), "privileged"),
    field('metadata.labels["production-platform/purpose"]', "production"),
  ),
  ...patternsOf(
    ["ResourceQuota"],
    field(""),
    field("spec.hard"),
    field("spec.hard.pods", "1"),
    field('spec.hard["requests.cpu"]', "10m"),
    field('spec.hard["requests.memory"]', "1Mi"),
    field('spec.hard["requests.storage"]', "1Mi"),
  ),
  ...patternsOf(
    ["LimitRange"],
    field(""),
    field("spec.limits", []),
    field("spec.limits[*].defaultRequest"),
    field("spec.limits[*].default"),
    field("spec.limits[*].default.memory"),
    field("spec.limits[*].default.cpu"),
  ),
];

/** Others only allow: without a policy type they allow less. */
const deniesAll = (manifest: Manifest) =>
  isDeepStrictEqual((manifest["spec"] as { podSelector?: object }).podSelector, {});
const everyone = [{ cidr: "0.0.0.0/0" }, { cidr: "::/0" }].map((ipBlock) => ({ ipBlock }));
const network = [
  ...patternsOf(
    ["NetworkPolicy"],
    field(""),
    added("spec.ingress", [{}]),
    added("spec.egress", [{}]),
    field("spec.ingress[*].from", [], [{ podSelector: {} }], [{ namespaceSelector: {} }], everyone),
    field("spec.egress[*].to", [], [{ podSelector: {} }], [{ namespaceSelector: {} }], everyone),
    field("spec.ingress[*].ports"),
    field("spec.egress[*].ports"),
    kept("spec.egress[*].to[*].ipBlock.cidr", "0.0.0.0/0", "0.0.0.0/1"),
    kept("spec.podSelector", { matchLabels: { app: "another" } }),
  ),
  ...onlyWhere(deniesAll, patternsOf(["NetworkPolicy"], field("spec.policyTypes", ["Ingress"], ["Egress"]))),
  ...patternsOf(
    ["Service"],
    kept("spec.type", "NodePort", "LoadBalancer"),
    added("spec.externalIPs", ["203.0.113.1"]),
    kept("spec.selector", { app: "another" }),
    kept("spec", { type: "ExternalName", externalName: "example.com" }),
  ),
  ...patternsOf(
    ["Ingress"],
    field("spec.tls"),
    kept("spec.tls[*].secretName", "another"),
    kept("spec.tls[*].hosts", ["another.local"]),
    field("spec.rules[*].host", "*"),
    kept("spec.rules[*].http.paths[*].backend.service.name", "another"),
    kept("spec.rules[*].http.paths[*].backend.service.port.number", 1),
    added('metadata.annotations["nginx.ingress.kubernetes.io/ssl-redirect"]', "false"),
    kept('metadata.annotations["traefik.ingress.kubernetes.io/router.entrypoints"]', "web,websecure"),
    added('metadata.annotations["nginx.ingress.kubernetes.io/configuration-snippet"]', "deny all;"),
  ),
  ...patternsOf(
    ["Certificate"],
    field(""),
    kept("spec.secretName", "another"),
    kept("spec.dnsNames", ["another.local"]),
    kept("spec.renewBefore", "1h"),
    kept("spec.duration", "87600h"),
    kept("spec.privateKey.rotationPolicy", "Never"),
    kept("spec.privateKey", { algorithm: "RSA", size: 1024 }),
  ),
];

const availability = [
  ...patternsOf(
    ["PodDisruptionBudget"],
    field(""),
    field("spec.maxUnavailable", 0, "100%"),
    field("spec.selector", { matchLabels: { app: "another" } }),
    field("spec.unhealthyPodEvictionPolicy", "IfHealthyBudget"),
    kept(
      "spec",
      by("minAvailable 100%", ({ selector }: { selector: object }) => ({ selector, minAvailable: "100%" })),
    ),
    kept("", twin),
  ),
  ...patternsOf(
    ["HorizontalPodAutoscaler"],
    field(""),
    kept("spec.minReplicas", 0, 100),
    kept("spec.maxReplicas", 1, 1000),
    kept("spec.scaleTargetRef.name", "another"),
    kept("spec.scaleTargetRef.kind", "StatefulSet"),
    field("spec.metrics", []),
    kept("spec.metrics[*].resource.target.averageUtilization", 0, 500),
    kept("", twin),
  ),
  ...patternsOf(
    ["ScaledObject"],
    field(""),
    kept("spec.minReplicaCount", 100),
    kept("spec.maxReplicaCount", 0, 1000),
    kept("spec.scaleTargetRef.name", "another"),
    field("spec.triggers", []),
    kept("", twin),
  ),
];

const access = [
  ...patternsOf(["ServiceAccount"], field(""), field("automountServiceAccountToken", true)),
  ...patternsOf(
    ["Role", "ClusterRole"],
    kept("rules[*].verbs", ["*"]),
    kept("rules[*].resources", ["*"]),
    kept("rules[*].apiGroups", ["*"]),
    grants("exec into pods", "", "pods/exec", "create"),
    grants("read all Secrets", "", "secrets", "list"),
    grants("grant roles", rbac, "rolebindings", "create", "bind"),
    grants("widen roles", rbac, "roles", "escalate"),
  ),
  ...patternsOf(
    ["RoleBinding", "ClusterRoleBinding"],
    kept("roleRef", administrator),
    kept("roleRef.name", "another"),
    ...["system:authenticated", "system:unauthenticated"].map((name) =>
      kept("subjects", [{ kind: "Group", apiGroup: rbac, name }]),
    ),
    kept("subjects[*].name", "default", "another"),
    kept(
      "",
      beside("an administrator of the cluster beside it", ({ metadata, ...rest }) => ({
        ...rest,
        kind: "ClusterRoleBinding",
        metadata: { name: metadata?.name },
        roleRef: administrator,
      })),
    ),
  ),
];

const data = [
  ...patternsOf(
    ["ConfigMap"],
    field("immutable", false),
    added("data.API_TOKEN", "hunter2"),
    added('data["application.properties"]', "spring.datasource.password=hunter2\n"),
  ),
  ...patternsOf(["Secret", "SealedSecret"], kept("", aConfigMap)),
  ...patternsOf(
    ["PersistentVolumeClaim"],
    field(""),
    field("spec.resources", { requests: { storage: "0" } }),
    kept("spec.resources.requests.storage", "1000Ti"),
  ),
  ...patternsOf(
    ["Schedule"],
    field(""),
    added("spec.paused", true),
    kept("spec.template.includedNamespaces", ["another"]),
    kept("spec.template.snapshotVolumes", false),
    kept("spec.template.ttl", "1h"),
  ),
];

/** What protects namespaces, connections, availability, access and data. */
export const objectPatterns = [...namespaces, ...network, ...availability, ...access, ...data];
