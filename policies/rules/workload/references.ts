import type { RbacV1Subject, V1RoleRef, V1StatefulSetSpec } from "@kubernetes/client-node";
import { configurationOf } from "../../facts/configuration-references.ts";
import { seesAllOf, secretSource } from "../../model/ownership.ts";
import { podKinds, podOf } from "../../model/pod-spec-walker.ts";
import type { Rule, StackRule } from "../rule.ts";
import { selectionRules } from "./selections.ts";

const base = { scope: "stack", severity: "high" } as const;

const configuration: StackRule = {
  ...base,
  id: "P03-configuration-exists",
  kinds: podKinds,
  row: ["P03", "E05"],
  title: "Pods find the ConfigMaps and Secrets they read",
  rationale: "A pod never starts without its configuration, and a rollout waits for it.",
  remediation: [
    "apiVersion: v1",
    "kind: ConfigMap   # or a SealedSecret, ExternalSecret or Secret",
    "metadata:",
    "  name: <the name that the pod asks for>",
    "data:",
    "  <key>: <value>",
    "# or, where somebody else makes it, in the policies' settings:",
    "# P03-configuration-exists: { madeElsewhere: [kube-root-ca.crt, <its name>] }",
  ].join("\n"),
  admission: { beyondCel: "The ConfigMap or Secret is another object." },
  *check(object, objects, settings) {
    const pod = podOf(object);
    if (pod === undefined) return;
    const { namespace } = object;
    const elsewhere = new Set(settings["P03-configuration-exists"].madeElsewhere);
    for (const { kind, name, key, path } of configurationOf(pod)) {
      const source =
        kind === "Secret" ? secretSource(name, namespace, objects) : objects.named("ConfigMap", namespace, name);
      if (source === undefined) {
        if (elsewhere.has(name) || !seesAllOf(namespace, objects)) continue;
        yield { path, message: `there is no ${kind} "${name}" in namespace "${namespace}"` };
        elsewhere.add(name); // once is enough, however many keys of it are asked for
      } else if (key !== undefined && source.kind === kind) {
        const texts = ["data", "stringData", "binaryData"].map((field) => source.manifest[field]).filter(Boolean);
        // What shows no keys at all is made elsewhere, or was hidden: of such a Secret nothing can be said.
        if (texts.length > 0 && !texts.some((data) => Object.hasOwn(data as object, key)))
          yield { path, message: `${source.ref} has no key "${key}"` };
      }
    }
  },
};

const serviceAccount: StackRule = {
  ...base,
  id: "X01-service-account-exists",
  kinds: podKinds,
  row: ["X01"],
  title: "Pods run under service accounts that exist",
  rationale: "Without its account no pod is made; the controller says so in its events only.",
  remediation:
    "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: <serviceAccountName of the pod>\nautomountServiceAccountToken: false",
  sources: { scanners: ["kube-linter non-existent-service-account"] },
  admission: { beyondCel: "The account is another object." },
  *check(object, objects) {
    const pod = podOf(object);
    const name = pod?.spec.serviceAccountName;
    if (!name || name === "default") return; // each namespace has one by itself
    if (objects.named("ServiceAccount", object.namespace, name) === undefined && seesAllOf(object.namespace, objects)) {
      yield {
        path: `${pod?.path}.serviceAccountName`,
        message: `there is no ServiceAccount "${name}" in namespace "${object.namespace}"`,
      };
    }
  },
};

const claim: StackRule = {
  ...base,
  id: "X07-claim-exists",
  kinds: podKinds,
  row: ["X07"],
  title: "Pods mount claims that exist",
  rationale: "Without its claim a pod stays Pending for ever.",
  remediation: [
    "apiVersion: v1",
    "kind: PersistentVolumeClaim",
    "metadata:",
    "  name: <the claimName>",
    "spec:",
    "  accessModes: [ReadWriteOnce]",
    "  resources: { requests: { storage: 20Gi } }",
  ].join("\n"),
  admission: { beyondCel: "The claim is another object." },
  *check(object, objects) {
    const pod = podOf(object);
    for (const [index, { persistentVolumeClaim }] of (pod?.spec.volumes ?? []).entries()) {
      const name = persistentVolumeClaim?.claimName;
      const { namespace } = object;
      if (
        name === undefined ||
        objects.named("PersistentVolumeClaim", namespace, name) !== undefined ||
        !seesAllOf(namespace, objects)
      )
        continue;
      const path = `${pod?.path}.volumes[${index}].persistentVolumeClaim.claimName`;
      yield { path, message: `there is no PersistentVolumeClaim "${name}" in namespace "${namespace}"` };
    }
  },
};

const governingService: StackRule = {
  ...base,
  id: "X05-governing-service",
  kinds: ["StatefulSet"],
  row: ["X05", "T01"],
  title: "The serviceName of a StatefulSet is a Service",
  rationale: "Their pods have no names in DNS without it, and members of a cluster do not find each other.",
  remediation:
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: <serviceName of the StatefulSet>\nspec:\n  clusterIP: None\n  selector: { app: <the pods' label> }",
  sources: { scanners: ["kube-score statefulset-has-servicename"] },
  admission: { beyondCel: "The Service is another object." },
  *check(object, objects) {
    const name = (object.manifest["spec"] as Partial<V1StatefulSetSpec> | undefined)?.serviceName;
    if (
      !name ||
      objects.named("Service", object.namespace, name) !== undefined ||
      !seesAllOf(object.namespace, objects)
    )
      return;
    yield { path: "spec.serviceName", message: `there is no Service "${name}" in namespace "${object.namespace}"` };
  },
};

const binding: StackRule = {
  ...base,
  id: "X01-binding-exists",
  kinds: ["RoleBinding", "ClusterRoleBinding"],
  row: ["X01"],
  severity: "medium",
  title: "Bindings refer to existing roles and service accounts",
  rationale: "A binding to a name that does not exist gives its rights to anyone who creates that name.",
  remediation: [
    "roleRef:",
    "  apiGroup: rbac.authorization.k8s.io",
    "  kind: Role",
    "  name: <a Role of this namespace>",
    "subjects:",
    "  - kind: ServiceAccount",
    "    name: <an account that the stack declares>",
  ].join("\n"),
  admission: { beyondCel: "The role and the accounts are other objects." },
  *check(object, objects) {
    const { kind, name = "" } = (object.manifest["roleRef"] ?? {}) as Partial<V1RoleRef>;
    const { namespace } = object;
    if (kind === "Role" && objects.named(kind, namespace, name) === undefined && seesAllOf(namespace, objects)) {
      yield { path: "roleRef.name", message: `there is no Role "${name}" in namespace "${namespace}"` };
    }
    for (const [index, subject] of ((object.manifest["subjects"] ?? []) as readonly RbacV1Subject[]).entries()) {
      const home = subject.namespace ?? namespace;
      if (subject.kind !== "ServiceAccount" || subject.name === "default") continue; // X01-rbac-subjects speaks of "default"
      if (objects.named("ServiceAccount", home, subject.name) !== undefined || !seesAllOf(home, objects)) continue;
      yield {
        path: `subjects[${index}].name`,
        message: `there is no ServiceAccount "${subject.name}" in namespace "${home}"`,
      };
    }
  },
};

/** What objects name, and what selectors select, is there. */
export const referenceRules: readonly Rule[] = [
  configuration,
  serviceAccount,
  claim,
  governingService,
  binding,
  ...selectionRules,
];
