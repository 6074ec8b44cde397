import { isWindows as celWindows, podAnnotations, securityContexts } from "../../cel/pods.ts";
import { literal } from "../../cel/template.ts";
import type { ContainerRule, Rule } from "../rule.ts";
import { selinuxTypes } from "./lists.ts";
import { baseline, contextRule, isWindows, restricted, securityContextsOf, standard } from "./standard.ts";

/** Types of seccomp and AppArmor profiles that confine. */
const confining = ["RuntimeDefault", "Localhost"];

const seccompUnconfined = contextRule({
  ...baseline("Seccomp", { cis: ["5.7.2"], scanners: ["Trivy KSV-0104"] }),
  id: "X01-seccomp-unconfined",
  severity: standard.severity,
  title: "No seccompProfile is Unconfined",
  rationale: "Unconfined opens all system calls of the kernel, and with them every hole in it.",
  remediation: "securityContext:\n  seccompProfile:\n    type: RuntimeDefault",
  cel: {
    expression: `!has(context.seccompProfile) || context.seccompProfile.?type.orValue("") in ${literal(confining)}`,
    message: "seccompProfile.type is neither RuntimeDefault nor Localhost",
  },
  *inspect({ seccompProfile }) {
    if (seccompProfile && !confining.includes(seccompProfile.type)) {
      yield {
        field: "seccompProfile.type",
        message: `seccompProfile.type is ${seccompProfile.type ?? "not set"}, must be RuntimeDefault or Localhost`,
      };
    }
  },
});

const seccomp: ContainerRule = {
  ...standard,
  ...restricted("Seccomp", {
    cis: ["5.7.2"],
    scanners: ["Trivy KSV-0030", "Checkov CKV_K8S_31", "kube-score container-seccomp-profile"],
  }),
  id: "X01-seccomp",
  severity: "medium",
  scope: "container",
  title: "Containers have a seccompProfile",
  rationale: "Without a profile all system calls of the kernel are open to the container.",
  remediation: "securityContext:\n  seccompProfile:\n    type: RuntimeDefault",
  admission: [
    {
      expression: [
        celWindows,
        "variables.pod.?securityContext.?seccompProfile.hasValue()",
        "container.?securityContext.?seccompProfile.hasValue()",
      ].join(" || "),
      message: "has no seccompProfile, neither here nor on the pod",
    },
  ],
  *check({ spec, path, pod }) {
    // A profile that is set to something else is X01-seccomp-unconfined's.
    if (isWindows(pod) || spec.securityContext?.seccompProfile || pod.spec.securityContext?.seccompProfile) return;
    yield {
      path: `${path}.securityContext.seccompProfile`,
      message: "has no seccompProfile, neither here nor on the pod",
    };
  },
};

const annotationPrefix = "container.apparmor.security.beta.kubernetes.io/";
const confiningAnnotation = /^(?:runtime\/default|localhost\/.*)?$/;

const appArmor: ContainerRule = {
  ...standard,
  ...baseline("AppArmor", { scanners: ["Trivy KSV-0002"] }),
  id: "X01-app-armor",
  scope: "container",
  title: "No appArmorProfile is Unconfined",
  rationale:
    "The runtime's profile keeps a container from mounting file systems and from writing under /proc and /sys.",
  remediation: "securityContext:\n  appArmorProfile:\n    type: RuntimeDefault",
  admission: [
    {
      expression: `${securityContexts}.all(context, !has(context.appArmorProfile) || context.appArmorProfile.?type.orValue("") in ${literal(confining)})`,
      message: "appArmorProfile.type is neither RuntimeDefault nor Localhost",
    },
    {
      expression: `${podAnnotations}.all(key, !key.startsWith("${annotationPrefix}") || ${podAnnotations}[key].matches("^(runtime/default|localhost/.*)?$"))`,
      message: `an annotation ${annotationPrefix}… is neither runtime/default nor localhost/…`,
    },
  ],
  *check(container) {
    for (const {
      path,
      context: { appArmorProfile },
    } of securityContextsOf(container)) {
      if (!appArmorProfile || confining.includes(appArmorProfile.type)) continue;
      yield {
        path: `${path}.appArmorProfile.type`,
        message: `appArmorProfile.type is ${appArmorProfile.type ?? "not set"}, must be RuntimeDefault or Localhost`,
      };
    }
    const { spec, pod } = container;
    if (spec !== pod.spec.containers?.[0]) return; // the pod's annotations are looked at once
    for (const key of Object.keys(pod.annotations)) {
      if (!key.startsWith(annotationPrefix) || confiningAnnotation.test(String(pod.annotations[key]))) continue;
      const path = `${pod.path.replace(/spec$/, "metadata")}.annotations["${key}"]`;
      yield { path, message: `annotation ${key} is ${pod.annotations[key]}, must be runtime/default or localhost/…` };
    }
  },
};

const selinux = contextRule({
  ...baseline("SELinux", { scanners: ["Trivy KSV-0025"] }),
  id: "X01-selinux",
  severity: standard.severity,
  title: "seLinuxOptions have a container type, and no user or role",
  rationale: "Another type, user or role takes the container out of the policy that keeps it from the node's files.",
  remediation: "securityContext:\n  seLinuxOptions:\n    type: container_t   # without user and role",
  cel: {
    expression: [
      `context.?seLinuxOptions.?type.orValue("") in ${literal(selinuxTypes)}`,
      'context.?seLinuxOptions.?user.orValue("") == ""',
      'context.?seLinuxOptions.?role.orValue("") == ""',
    ].join(" && "),
    message: "seLinuxOptions sets a type that is not for containers, a user or a role",
  },
  *inspect({ seLinuxOptions }) {
    const { type, user, role } = seLinuxOptions ?? {};
    if (!selinuxTypes.includes(type ?? ""))
      yield { field: "seLinuxOptions.type", message: `seLinuxOptions.type is ${type}, which is not for containers` };
    if (user) yield { field: "seLinuxOptions.user", message: `seLinuxOptions.user is ${user}, must not be set` };
    if (role) yield { field: "seLinuxOptions.role", message: `seLinuxOptions.role is ${role}, must not be set` };
  },
});

/** The profiles of the kernel's security modules. */
export const profileRules: readonly Rule[] = [seccompUnconfined, seccomp, appArmor, selinux];
