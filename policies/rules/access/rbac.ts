import type { RbacV1Subject, V1PolicyRule, V1RoleRef } from "@kubernetes/client-node";
import { cel, literal, piece } from "../../cel/template.ts";
import type { ObjectRule, Rule } from "../rule.ts";
import { builtInCel, isBuiltIn } from "./rbac-built-in.ts";
import { grantRules } from "./rbac-grants.ts";

const base = { scope: "object", row: ["X01"], severity: "critical" } as const;
const roles = ["Role", "ClusterRole"] as const;
const bindings = ["RoleBinding", "ClusterRoleBinding"] as const;

const listed = ["verbs", "apiGroups", "resources", "nonResourceURLs"] as const;
const listedCel = piece(listed.map((field) => `rule.?${field}.orValue([])`).join(", "));

const wildcards: ObjectRule = {
  ...base,
  id: "X01-rbac-wildcards",
  kinds: roles,
  title: "Roles have no wildcard verbs, resources or API groups",
  rationale:
    "A wildcard also allows what a later version or another operator adds, and nobody looks at the role again.",
  remediation: "rules:\n  - apiGroups: [apps]\n    resources: [deployments]\n    verbs: [get, list, watch]",
  sources: {
    cis: ["5.1.3"],
    scanners: [
      "kube-linter wildcard-in-rules",
      "Trivy KSV-0044",
      "Trivy KSV-0045",
      "Trivy KSV-0046",
      "Checkov CKV_K8S_49",
    ],
  },
  admission: [
    {
      expression: cel`${builtInCel} || object.?rules.orValue([]).all(rule, [${listedCel}].all(list, list.all(item,
        item != "*" && !item.startsWith("*/") && !item.endsWith("/*") || item.startsWith("/"))))`,
      message: "a rule has a wildcard in its verbs, apiGroups, resources or nonResourceURLs",
    },
  ],
  *check(object) {
    if (isBuiltIn(object)) return;
    for (const [index, rule] of ((object.manifest["rules"] ?? []) as readonly V1PolicyRule[]).entries()) {
      for (const field of listed) {
        const wild = (rule[field] ?? []).find(
          (item) => item === "*" || (!item.startsWith("/") && (item.startsWith("*/") || item.endsWith("/*"))),
        );
        if (wild !== undefined)
          yield { path: `rules[${index}].${field}`, message: `${field} of rule ${index + 1} has the wildcard ${wild}` };
      }
    }
  },
};

const clusterAdmin: ObjectRule = {
  ...base,
  id: "X01-rbac-cluster-admin",
  kinds: bindings,
  title: "Nobody is bound to cluster-admin",
  rationale:
    "cluster-admin allows everything everywhere; bound in one namespace it allows everything there, also on Secrets and the quota.",
  remediation:
    "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: <a role with the verbs that are needed>",
  sources: {
    cis: ["5.1.1"],
    scanners: [
      "kube-linter cluster-admin-role-binding",
      "Trivy KSV-0111",
      "Polaris clusterrolebindingClusterAdmin",
      "Polaris rolebindingClusterAdminClusterRole",
    ],
  },
  admission: [
    {
      expression: `${builtInCel} || object.roleRef.kind != "ClusterRole" || object.roleRef.name != "cluster-admin"`,
      message: "binds the ClusterRole cluster-admin",
    },
  ],
  *check(object) {
    const roleRef = object.manifest["roleRef"] as Partial<V1RoleRef> | undefined;
    if (roleRef?.kind === "ClusterRole" && roleRef.name === "cluster-admin" && !isBuiltIn(object)) {
      yield { path: "roleRef.name", message: "binds the ClusterRole cluster-admin" };
    }
  },
};

/** Subjects that are too many, or nobody in particular, by kind. */
const nobodies: readonly (readonly [kind: string, names: readonly string[]])[] = [
  ["User", ["system:anonymous"]],
  ["Group", ["system:unauthenticated", "system:authenticated", "system:serviceaccounts", "system:masters"]],
  ["ServiceAccount", ["default"]],
];

const nobodiesCel = nobodies
  .map(([kind, names]) => `!(subject.kind == ${literal(kind)} && subject.name in ${literal(names)})`)
  .join(" && ");

const subjects: ObjectRule = {
  ...base,
  id: "X01-rbac-subjects",
  kinds: bindings,
  title: "Bindings do not grant rights to everybody",
  rationale:
    "An intruder has the rights of everybody, and of every pod without an account of its own; membership of system:masters cannot be revoked.",
  remediation:
    "subjects:\n  - kind: ServiceAccount\n    name: <the program's own account>\n    namespace: <its namespace>",
  sources: { cis: ["5.1.5", "5.1.7"], scanners: ["Trivy KSV-0122", "Checkov CKV_K8S_42"] },
  admission: [
    {
      expression: `${builtInCel} || object.?subjects.orValue([]).all(subject, ${nobodiesCel})`,
      message: "binds everybody, or nobody in particular",
    },
  ],
  *check(object) {
    if (isBuiltIn(object)) return;
    for (const [index, { kind, name }] of ((object.manifest["subjects"] ?? []) as readonly RbacV1Subject[]).entries()) {
      if (nobodies.some(([some, names]) => some === kind && names.includes(name)))
        yield { path: `subjects[${index}]`, message: `gives rights to the ${kind} ${name}` };
    }
  },
};

const accountToken: ObjectRule = {
  ...base,
  id: "X01-service-account-automount",
  kinds: ["ServiceAccount"],
  severity: "high",
  title: "ServiceAccounts set automountServiceAccountToken to false",
  rationale: "A pod that forgets to refuse it then has a key to the API server.",
  remediation: "automountServiceAccountToken: false   # a pod that needs a token asks for it itself",
  sources: { cis: ["5.1.6"] },
  // The control plane makes the account "default" in each namespace, without the field; no pod gets a token from it,
  // see X01-service-account-token.
  admission: [
    {
      expression: 'object.metadata.name == "default" || object.?automountServiceAccountToken.orValue(true) == false',
      message: "automountServiceAccountToken is not false",
    },
  ],
  *check(object) {
    if (object.name === "default" || object.manifest["automountServiceAccountToken"] === false) return;
    yield { path: "automountServiceAccountToken", message: "automountServiceAccountToken is not false" };
  },
};

/** X01, CIS 5.1: rights in the cluster. */
export const rbacRules: readonly Rule[] = [wildcards, ...grantRules, clusterAdmin, subjects, accountToken];
