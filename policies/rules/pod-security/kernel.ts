import { hasUserNamespace as celUserNamespace } from "../../cel/pods.ts";
import { literal } from "../../cel/template.ts";
import { podOf } from "../../model/pod-spec-walker.ts";
import type { ContainerRule, ObjectRule, Rule } from "../rule.ts";
import { safeSysctls } from "./lists.ts";
import { baseline, hasUserNamespace, restricted, standard } from "./standard.ts";

const masked = 'container.?securityContext.?procMount.orValue("Default") == "Default"';

const procMount: ContainerRule = {
  ...standard,
  ...baseline("/proc Mount Type", { scanners: ["kube-linter unsafe-proc-mount", "Trivy KSV-0027"] }),
  id: "X01-proc-mount",
  scope: "container",
  title: "Containers keep the default procMount",
  rationale: "Behind the masks are the kernel's memory, keys and switches, which belong to the whole node.",
  remediation: "securityContext:\n  procMount: Default",
  admission: [{ expression: `${celUserNamespace} || ${masked}`, message: "procMount is not Default" }],
  *check({ spec, path, pod }) {
    const type = spec.securityContext?.procMount ?? "Default";
    if (type !== "Default" && !hasUserNamespace(pod))
      yield { path: `${path}.securityContext.procMount`, message: `procMount is ${type}` };
  },
};

/** The baseline level lets a pod with a user namespace unmask /proc, the restricted level does not. */
const procMountInUserNamespace: ContainerRule = {
  ...standard,
  ...restricted("/proc Mount Type"),
  id: "X01-proc-mount-user-namespace",
  scope: "container",
  title: "Containers keep the default procMount under hostUsers: false too",
  rationale: "A user namespace weakens what is behind the masks, it does not take it away.",
  remediation: "securityContext:\n  procMount: Default",
  admission: [
    { expression: `!(${celUserNamespace}) || ${masked}`, message: "procMount is not Default in a user namespace" },
  ],
  *check({ spec, path, pod }) {
    const type = spec.securityContext?.procMount ?? "Default";
    if (type !== "Default" && hasUserNamespace(pod))
      yield { path: `${path}.securityContext.procMount`, message: `procMount is ${type} in a user namespace` };
  },
};

const sysctls: ObjectRule = {
  ...standard,
  ...baseline("Sysctls", { scanners: ["kube-linter unsafe-sysctls", "Trivy KSV-0026"] }),
  id: "X01-sysctls",
  scope: "object",
  title: "Pods set no sysctls but the safe ones",
  rationale: "Any other setting changes the kernel for every pod of the node.",
  remediation:
    'securityContext:\n  sysctls:\n    - name: net.ipv4.tcp_keepalive_time   # or another of the safe ones\n      value: "600"',
  admission: [
    {
      expression: `variables.pod.?securityContext.?sysctls.orValue([]).all(sysctl, sysctl.name in ${literal(safeSysctls)})`,
      message: "sets sysctls that are not the pod's alone",
    },
  ],
  *check(object) {
    const pod = podOf(object);
    for (const [index, { name }] of (pod?.spec.securityContext?.sysctls ?? []).entries()) {
      if (!safeSysctls.includes(name))
        yield {
          path: `${pod?.path}.securityContext.sysctls[${index}].name`,
          message: `sets sysctl ${name}, which is not the pod's alone`,
        };
    }
  },
};

/** The kernel's own file system and settings. */
export const kernelRules: readonly Rule[] = [procMount, procMountInUserNamespace, sysctls];
