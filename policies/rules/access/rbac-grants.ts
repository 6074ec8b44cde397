import type { V1PolicyRule } from "@kubernetes/client-node";
import { literal } from "../../cel/template.ts";
import type { ObjectRule, Rule, Severity, Sources } from "../rule.ts";
import { builtInCel, isBuiltIn } from "./rbac-built-in.ts";

/** A power that a role should not give away: any of the verbs on any of the resources. */
interface Grant {
  readonly name: string;
  readonly title: string;
  readonly rationale: string;
  readonly severity: Severity;
  readonly sources: Sources;
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  /** Whether `resourceNames` make it harmless. @default false */
  readonly unlessNamed?: boolean;
  /** What to write instead. */
  readonly instead: string;
}

const writes = ["create", "update", "patch"];

const grants: readonly Grant[] = [
  {
    name: "secrets",
    title: "Roles read only the Secrets that they name",
    rationale:
      "A user who can read all Secrets has every password and every service account token of the namespace; list shows their values as well as get.",
    severity: "critical",
    sources: { cis: ["5.1.2"], scanners: ["kube-linter access-to-secrets", "Trivy KSV-0041", "Checkov CKV2_K8S_5"] },
    verbs: ["get", "list", "watch"],
    apiGroups: [""],
    resources: ["secrets"],
    unlessNamed: true,
    instead:
      'rules:\n  - apiGroups: [""]\n    resources: [secrets]\n    resourceNames: [<the one it needs>]\n    verbs: [get]',
  },
  {
    name: "exec",
    title: "Roles do not allow exec, attach or port-forward into pods",
    rationale:
      "A shell, a tunnel or a debug container in a pod has the pod's identity, its mounted credentials and its place in the network.",
    severity: "critical",
    sources: {
      scanners: [
        "Trivy KSV-0053",
        "Polaris rolePodExecAttach",
        "Polaris clusterrolePodExecAttach",
        "Checkov CKV2_K8S_2",
      ],
    },
    verbs: ["get", ...writes],
    apiGroups: [""],
    resources: [
      "pods/exec",
      "pods/attach",
      "pods/portforward",
      "pods/proxy",
      "pods/ephemeralcontainers",
      "services/proxy",
    ],
    instead: "rules: []   # without pods/exec and the like: give people who debug a role of their own, for a time",
  },
  {
    name: "workloads",
    title: "Roles do not allow changes of pods and workloads",
    rationale: "A user who can create a pod chooses its service account and can mount any Secret of the namespace.",
    severity: "high",
    sources: { cis: ["5.1.4"], scanners: ["kube-linter access-to-create-pods", "Trivy KSV-0048"] },
    verbs: writes,
    apiGroups: ["", "apps", "batch"],
    resources: [
      "pods",
      "podtemplates",
      "deployments",
      "statefulsets",
      "daemonsets",
      "replicasets",
      "replicationcontrollers",
      "jobs",
      "cronjobs",
    ],
    unlessNamed: true,
    instead:
      "rules:\n  - apiGroups: [apps]\n    resources: [deployments]\n    resourceNames: [<the one it deploys>]\n    verbs: [get, patch]",
  },
  {
    name: "volumes",
    title: "Roles do not allow changes of PersistentVolumes",
    rationale: "A PersistentVolume of the kind hostPath is any folder of any node.",
    severity: "critical",
    sources: { cis: ["5.1.9"] },
    verbs: writes,
    apiGroups: [""],
    resources: ["persistentvolumes"],
    instead:
      'rules:\n  - apiGroups: [""]\n    resources: [persistentvolumeclaims]   # the StorageClass makes the volume\n    verbs: [create]',
  },
  {
    name: "escalation",
    title: "Roles do not allow bind, escalate or impersonate",
    rationale: "With bind, escalate or impersonate a user can get every right in the cluster.",
    severity: "critical",
    sources: {
      cis: ["5.1.8"],
      scanners: ["Trivy KSV-0043", "Checkov CKV_K8S_157", "Checkov CKV_K8S_158", "Checkov CKV2_K8S_3"],
    },
    verbs: ["bind", "escalate", "impersonate"],
    apiGroups: ["", "rbac.authorization.k8s.io", "authentication.k8s.io"],
    resources: ["roles", "clusterroles", "users", "groups", "serviceaccounts", "uids"],
    unlessNamed: true,
    instead:
      "rules:\n  - apiGroups: [rbac.authorization.k8s.io]\n    resources: [clusterroles]\n    resourceNames: [<the one it may give>]\n    verbs: [bind]",
  },
  {
    name: "rights",
    title: "Roles do not allow changes of roles and bindings",
    rationale:
      "A user who can write roles and bindings can pass on all their own rights, and their role does not show to whom.",
    severity: "high",
    sources: { scanners: ["Trivy KSV-0050"] },
    verbs: writes,
    apiGroups: ["rbac.authorization.k8s.io"],
    resources: ["roles", "rolebindings", "clusterroles", "clusterrolebindings"],
    instead:
      "rules:\n  - apiGroups: [rbac.authorization.k8s.io]\n    resources: [roles, rolebindings]\n    verbs: [get, list, watch]",
  },
  {
    name: "tokens",
    title: "Roles issue tokens only of the service accounts that they name",
    rationale:
      "A token is as good as the account. A user who can issue tokens of any account has all rights of every program in the namespace, for any lifetime.",
    severity: "critical",
    sources: { cis: ["5.1.13"] },
    verbs: ["create"],
    apiGroups: [""],
    resources: ["serviceaccounts/token"],
    unlessNamed: true,
    instead:
      'rules:\n  - apiGroups: [""]\n    resources: [serviceaccounts/token]\n    resourceNames: [<the account>]\n    verbs: [create]',
  },
  {
    name: "nodes",
    title: "Roles do not allow access to the nodes' own API",
    rationale: "nodes/proxy runs commands in every pod of a node, past admission and the audit log; get is enough.",
    severity: "critical",
    sources: { cis: ["5.1.10"], scanners: ["Trivy KSV-0047", "Checkov CKV2_K8S_2"] },
    verbs: ["get", "delete", ...writes],
    apiGroups: [""],
    resources: ["nodes/proxy"],
    instead: 'rules:\n  - apiGroups: [""]\n    resources: [nodes/metrics, nodes/stats]\n    verbs: [get]',
  },
  {
    name: "approval",
    title: "Roles do not allow approval of certificate requests",
    rationale:
      "A user who approves requests can get a client certificate in any name, also in that of an administrator.",
    severity: "critical",
    sources: { cis: ["5.1.11"], scanners: ["Checkov CKV_K8S_156"] },
    verbs: ["update", "patch", "approve", "sign"],
    apiGroups: ["certificates.k8s.io"],
    resources: ["certificatesigningrequests/approval", "certificatesigningrequests/status", "signers"],
    instead: "rules: []   # approval is the control plane's",
  },
  {
    name: "webhooks",
    title: "Roles do not allow changes of admission webhooks and policies",
    rationale:
      "A webhook reads and rewrites every object that reaches the API server, and taking one away takes its protection.",
    severity: "critical",
    sources: { cis: ["5.1.12"], scanners: ["Trivy KSV-0114", "Checkov CKV_K8S_155"] },
    verbs: ["delete", "deletecollection", ...writes],
    apiGroups: ["admissionregistration.k8s.io"],
    resources: [
      "validatingwebhookconfigurations",
      "mutatingwebhookconfigurations",
      "validatingadmissionpolicies",
      "validatingadmissionpolicybindings",
      "mutatingadmissionpolicies",
      "mutatingadmissionpolicybindings",
    ],
    instead:
      "rules:\n  - apiGroups: [admissionregistration.k8s.io]\n    resources: [validatingwebhookconfigurations]\n    verbs: [get, list, watch]",
  },
];

/** What grants any of these: themselves, everything, and for a subresource its wildcard over all resources. */
function withWildcards(names: readonly string[]): string[] {
  return [...names, "*", ...new Set(names.flatMap((name) => (name.includes("/") ? [`*/${name.split("/")[1]}`] : [])))];
}

/**
 * A wildcard is a grant as well as X01-rbac-wildcards' finding: an exception from one of the two must not hide the
 * other.
 */
function grantRule({
  name,
  title,
  rationale,
  severity,
  sources,
  verbs,
  apiGroups,
  resources,
  unlessNamed = false,
  instead,
}: Grant): ObjectRule {
  const named = (rule: V1PolicyRule) => unlessNamed && (rule.resourceNames ?? []).length > 0;
  const given = (list: readonly string[] | undefined, asked: readonly string[]) =>
    (list ?? []).filter((item) => withWildcards(asked).includes(item));
  const namedCel = unlessNamed ? ["rule.?resourceNames.orValue([]).size() > 0"] : [];
  const noneCel = (field: string, asked: readonly string[]) =>
    `!rule.?${field}.orValue([]).exists(item, item in ${literal(withWildcards(asked))})`;
  return {
    id: `X01-rbac-${name}`,
    scope: "object",
    kinds: ["Role", "ClusterRole"],
    row: ["X01"],
    severity,
    title,
    rationale,
    remediation: instead,
    sources,
    admission: [
      {
        expression: `${builtInCel} || object.?rules.orValue([]).all(rule, ${[
          ...namedCel,
          noneCel("verbs", verbs),
          noneCel("apiGroups", apiGroups),
          noneCel("resources", resources),
        ].join(" || ")})`,
        message: `allows one of ${verbs.join(", ")} on one of ${resources.join(", ")}`,
      },
    ],
    *check(object) {
      if (isBuiltIn(object)) return;
      for (const [index, rule] of ((object.manifest["rules"] ?? []) as readonly V1PolicyRule[]).entries()) {
        const [can, on] = [given(rule.verbs, verbs), given(rule.resources, resources)];
        if (named(rule) || can.length === 0 || on.length === 0 || given(rule.apiGroups, apiGroups).length === 0)
          continue;
        yield { path: `rules[${index}]`, message: `allows ${can.join(", ")} on ${on.join(", ")}` };
      }
    },
  };
}

/** X01, CIS 5.1: what roles should not give away. */
export const grantRules: readonly Rule[] = grants.map(grantRule);
