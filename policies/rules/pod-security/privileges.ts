import { isWindows as celWindows } from "../../cel/pods.ts";
import { literal } from "../../cel/template.ts";
import type { ContainerRule, Rule } from "../rule.ts";
import { defaultCapabilities } from "./lists.ts";
import { baseline, isWindows, restricted, standard } from "./standard.ts";

const privileged: ContainerRule = {
  ...standard,
  ...baseline("Privileged Containers", {
    cis: ["5.2.2"],
    scanners: [
      "kube-linter privileged-container",
      "Trivy KSV-0017",
      "Checkov CKV_K8S_16",
      "kube-score container-security-context-privileged",
      "Polaris runAsPrivileged",
    ],
  }),
  id: "X01-privileged",
  scope: "container",
  title: "Containers are not privileged",
  rationale: "A privileged container is root on its node.",
  remediation: "securityContext:\n  privileged: false",
  admission: [
    { expression: "container.?securityContext.?privileged.orValue(false) != true", message: "runs privileged" },
  ],
  *check({ spec, path }) {
    if (spec.securityContext?.privileged === true) {
      yield { path: `${path}.securityContext.privileged`, message: "runs privileged" };
    }
  },
};

const privilegeEscalation: ContainerRule = {
  ...standard,
  ...restricted("Privilege Escalation", {
    cis: ["5.2.6"],
    scanners: [
      "kube-linter privilege-escalation-container",
      "Trivy KSV-0001",
      "Checkov CKV_K8S_20",
      "Polaris privilegeEscalationAllowed",
    ],
  }),
  id: "X01-privilege-escalation",
  scope: "container",
  title: "Containers set allowPrivilegeEscalation to false",
  rationale: "A setuid program in the image would make any process root again.",
  remediation: "securityContext:\n  allowPrivilegeEscalation: false",
  admission: [
    {
      expression: `${celWindows} || container.?securityContext.?allowPrivilegeEscalation.orValue(true) == false`,
      message: "allowPrivilegeEscalation is not false",
    },
  ],
  *check({ spec, path, pod }) {
    if (spec.securityContext?.allowPrivilegeEscalation !== false && !isWindows(pod)) {
      yield {
        path: `${path}.securityContext.allowPrivilegeEscalation`,
        message: "allowPrivilegeEscalation is not false",
      };
    }
  },
};

const added = "container.?securityContext.?capabilities.?add.orValue([])";

const capabilitiesAdded: ContainerRule = {
  ...standard,
  ...baseline("Capabilities", {
    cis: ["5.2.8", "5.2.9"],
    scanners: [
      "Trivy KSV-0005",
      "Trivy KSV-0022",
      "Checkov CKV_K8S_25",
      "Checkov CKV_K8S_39",
      "Polaris dangerousCapabilities",
      "Polaris insecureCapabilities",
    ],
  }),
  id: "X01-capabilities-added",
  scope: "container",
  title: "Containers add no capabilities beyond the runtime's defaults",
  rationale:
    "Capabilities such as NET_ADMIN, SYS_ADMIN and NET_RAW give access to the node or to the traffic of other pods.",
  remediation: "securityContext:\n  capabilities:\n    drop: [ALL]\n    add: []",
  admission: [
    {
      expression: `${added}.all(capability, capability in ${literal(defaultCapabilities)})`,
      message: "adds capabilities that the runtime withholds",
    },
  ],
  *check({ spec, path }) {
    const extra = (spec.securityContext?.capabilities?.add ?? []).filter(
      (capability) => !defaultCapabilities.includes(capability),
    );
    if (extra.length > 0)
      yield { path: `${path}.securityContext.capabilities.add`, message: `adds capabilities ${extra.join(", ")}` };
  },
};

const capabilities: ContainerRule = {
  ...standard,
  ...restricted("Capabilities", {
    cis: ["5.2.8", "5.2.9", "5.2.10"],
    scanners: [
      "kube-linter drop-net-raw-capability",
      "Trivy KSV-0003",
      "Trivy KSV-0106",
      "Checkov CKV_K8S_28",
      "Checkov CKV_K8S_37",
    ],
  }),
  id: "X01-capabilities",
  severity: "medium",
  scope: "container",
  title: "Containers drop all capabilities",
  rationale: "Every capability is a part of root's power; only NET_BIND_SERVICE, for ports below 1024, is accepted.",
  remediation: "securityContext:\n  capabilities:\n    drop: [ALL]",
  admission: [
    {
      expression: `${celWindows} || "ALL" in container.?securityContext.?capabilities.?drop.orValue([])`,
      message: "does not drop ALL capabilities",
    },
    {
      expression: `${celWindows} || ${added}.all(capability, capability == "NET_BIND_SERVICE" || !(capability in ${literal(defaultCapabilities)}))`,
      message: "adds capabilities besides NET_BIND_SERVICE",
    },
  ],
  *check({ spec, path, pod }) {
    if (isWindows(pod)) return;
    const { drop, add } = spec.securityContext?.capabilities ?? {};
    if (!(drop ?? []).includes("ALL")) {
      yield { path: `${path}.securityContext.capabilities.drop`, message: "does not drop ALL capabilities" };
    }
    // What is not in a runtime's default set is X01-capabilities-added's.
    const kept = (add ?? []).filter(
      (capability) => capability !== "NET_BIND_SERVICE" && defaultCapabilities.includes(capability),
    );
    if (kept.length > 0)
      yield { path: `${path}.securityContext.capabilities.add`, message: `adds capabilities ${kept.join(", ")}` };
  },
};

/** What a container may do that an ordinary process may not. */
export const privilegeRules: readonly Rule[] = [privileged, privilegeEscalation, capabilitiesAdded, capabilities];
