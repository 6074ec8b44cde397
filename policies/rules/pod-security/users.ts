import { hasUserNamespace as celUserNamespace, isWindows as celWindows, securityContexts } from "../../cel/pods.ts";
import type { ContainerRule, Rule } from "../rule.ts";
import { contextRule, hasUserNamespace, isWindows, restricted, securityContextsOf, standard } from "./standard.ts";

const nonRoot: ContainerRule = {
  ...standard,
  ...restricted("Running as Non-root user", {
    cis: ["5.2.7"],
    scanners: ["kube-linter run-as-non-root", "Trivy KSV-0105", "Checkov CKV_K8S_23"],
  }),
  id: "X01-non-root",
  scope: "container",
  title: "Containers do not run as root",
  rationale: "Root in the container is root on the node as soon as the runtime has a hole.",
  remediation: "securityContext:\n  runAsNonRoot: true\n  runAsUser: 1000",
  admission: [
    {
      expression: `${celUserNamespace} || ${securityContexts}.all(context, context.?runAsUser.orValue(1) != 0)`,
      message: "runs as root (runAsUser 0)",
    },
  ],
  *check(container) {
    if (hasUserNamespace(container.pod)) return;
    for (const { path, context } of securityContextsOf(container)) {
      if (context.runAsUser === 0) yield { path: `${path}.runAsUser`, message: "runs as root (runAsUser 0)" };
    }
  },
};

const unset = (field: string) => `${field} is not set, neither here nor on the pod`;
const isSet = (field: string) =>
  `container.?securityContext.?${field}.hasValue() || variables.pod.?securityContext.?${field}.hasValue()`;

const runAsNonRoot: ContainerRule = {
  ...standard,
  ...restricted("Running as Non-root", {
    cis: ["5.2.7"],
    scanners: ["kube-linter run-as-non-root", "Trivy KSV-0012", "Checkov CKV_K8S_23", "Polaris runAsRootAllowed"],
  }),
  id: "X01-run-as-non-root",
  scope: "container",
  title: "Containers set runAsNonRoot",
  rationale: "Without runAsNonRoot the image decides, and many run as root without saying so.",
  remediation: "securityContext:\n  runAsNonRoot: true",
  admission: [
    {
      expression: `${celUserNamespace} || ${securityContexts}.all(context, context.?runAsNonRoot.orValue(true) == true)`,
      message: "runAsNonRoot is false",
    },
    { expression: `${celUserNamespace} || ${isSet("runAsNonRoot")}`, message: unset("runAsNonRoot") },
  ],
  *check(container) {
    const { spec, path, pod } = container;
    if (hasUserNamespace(pod)) return;
    for (const { path: at, context } of securityContextsOf(container)) {
      if (context.runAsNonRoot === false) yield { path: `${at}.runAsNonRoot`, message: "runAsNonRoot is false" };
    }
    if (has(spec.securityContext?.runAsNonRoot) || has(pod.spec.securityContext?.runAsNonRoot)) return;
    yield { path: `${path}.securityContext.runAsNonRoot`, message: unset("runAsNonRoot") };
  },
};

const fields = ["runAsUser", "runAsGroup"] as const;

const userAndGroup: ContainerRule = {
  ...standard,
  id: "X01-user-and-group",
  severity: "high",
  scope: "container",
  title: "Containers set runAsUser and runAsGroup",
  rationale:
    "Otherwise the image decides: a user without a group is in root's group, and the next image may change the owner of the volumes.",
  remediation: "securityContext:\n  runAsUser: 1000\n  runAsGroup: 1000",
  sources: { scanners: ["kube-score container-security-context-user-group-id"] },
  admission: fields.map((field) => ({
    expression: `${celWindows} || ${celUserNamespace} || ${isSet(field)}`,
    message: unset(field),
  })),
  *check({ spec, path, pod }) {
    if (isWindows(pod) || hasUserNamespace(pod)) return;
    for (const field of fields) {
      if (has(spec.securityContext?.[field]) || has(pod.spec.securityContext?.[field])) continue;
      yield { path: `${path}.securityContext.${field}`, message: unset(field) };
    }
  },
};

const rootGroup = contextRule({
  id: "X01-root-group",
  severity: "high",
  title: "Pods are not in root's group",
  rationale: "Images let root's group write what belongs to root, so being in it is half of being root.",
  remediation: "securityContext:\n  runAsGroup: 1000\n  fsGroup: 1000\n  supplementalGroups: []",
  sources: { scanners: ["Trivy KSV-0116"] },
  cel: {
    expression:
      "context.?runAsGroup.orValue(1) != 0 && context.?fsGroup.orValue(1) != 0 && !(0 in context.?supplementalGroups.orValue([]))",
    message: "is in root's group (runAsGroup, fsGroup or supplementalGroups 0)",
  },
  *inspect({ runAsGroup, fsGroup, supplementalGroups }) {
    if (runAsGroup === 0) yield { field: "runAsGroup", message: "is in root's group (runAsGroup 0)" };
    if (fsGroup === 0) yield { field: "fsGroup", message: "is in root's group (fsGroup 0)" };
    if ((supplementalGroups ?? []).includes(0))
      yield { field: "supplementalGroups", message: "is in root's group (supplementalGroups 0)" };
  },
});

const administrator = "containeradministrator";

const windowsAdministrator = contextRule({
  id: "X01-windows-administrator",
  severity: "high",
  title: "Windows containers do not run as administrator",
  rationale: "ContainerAdministrator is what root is on Linux, and runAsUser says nothing about Windows.",
  remediation: "securityContext:\n  runAsNonRoot: true\n  windowsOptions:\n    runAsUserName: ContainerUser",
  cel: {
    expression: `!context.?windowsOptions.?runAsUserName.orValue("").lowerAscii().endsWith("${administrator}")`,
    message: "runs as ContainerAdministrator",
  },
  *inspect({ windowsOptions }) {
    if (!windowsOptions?.runAsUserName?.toLowerCase().endsWith(administrator)) return;
    yield { field: "windowsOptions.runAsUserName", message: `runs as ${windowsOptions.runAsUserName}` };
  },
});

function has(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Whom a container runs as. */
export const userRules: readonly Rule[] = [nonRoot, runAsNonRoot, userAndGroup, rootGroup, windowsAdministrator];
