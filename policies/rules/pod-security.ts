import { needsServiceAccountToken } from "../annotations.ts";
import { podKinds, podOf } from "../pod-spec-walker.ts";
import type { ContainerRule, ObjectRule, Rule } from "../rule.ts";

const standard = { row: ["X01"], severity: "critical", kinds: podKinds } as const;

const privileged: ContainerRule = {
  ...standard,
  id: "X01-privileged",
  scope: "container",
  title: "Containers are not privileged",
  rationale: "A privileged container is root on its node.",
  remediation: "securityContext:\n  privileged: false",
  *check({ spec, path }) {
    if (spec.securityContext?.privileged === true) {
      yield { path: `${path}.securityContext.privileged`, message: "runs privileged" };
    }
  },
};

const privilegeEscalation: ContainerRule = {
  ...standard,
  id: "X01-privilege-escalation",
  scope: "container",
  title: "Containers cannot gain privileges",
  rationale: "A setuid program in the image would make any process root again.",
  remediation: "securityContext:\n  allowPrivilegeEscalation: false",
  *check({ spec, path }) {
    if (spec.securityContext?.allowPrivilegeEscalation !== false) {
      yield { path: `${path}.securityContext.allowPrivilegeEscalation`, message: "allowPrivilegeEscalation is not false" };
    }
  },
};

const nonRoot: ContainerRule = {
  ...standard,
  id: "X01-non-root",
  scope: "container",
  title: "Containers do not run as root",
  rationale: "Root in the container is root on the node as soon as the runtime has a hole.",
  remediation: "securityContext:\n  runAsNonRoot: true\n  runAsUser: 1000",
  *check({ spec, path, pod }) {
    const own = spec.securityContext;
    const shared = pod.spec.securityContext;
    if ((own?.runAsUser ?? shared?.runAsUser) === 0) {
      const owner = own?.runAsUser === 0 ? path : pod.path;
      yield { path: `${owner}.securityContext.runAsUser`, message: "runs as root (runAsUser 0)" };
    }
    if ((own?.runAsNonRoot ?? shared?.runAsNonRoot) !== true) {
      yield { path: `${path}.securityContext.runAsNonRoot`, message: "runAsNonRoot is not true, neither here nor on the pod" };
    }
  },
};

const capabilities: ContainerRule = {
  ...standard,
  id: "X01-capabilities",
  scope: "container",
  title: "Containers drop all capabilities",
  rationale: "Every kept capability is a part of root; only binding a port below 1024 is accepted.",
  remediation: "securityContext:\n  capabilities:\n    drop: [ALL]",
  *check({ spec, path }) {
    const { drop = [], add = [] } = spec.securityContext?.capabilities ?? {};
    if (!drop.includes("ALL")) {
      yield { path: `${path}.securityContext.capabilities.drop`, message: "does not drop ALL capabilities" };
    }
    const extra = add.filter((capability) => capability !== "NET_BIND_SERVICE");
    if (extra.length > 0) {
      yield { path: `${path}.securityContext.capabilities.add`, message: `adds capabilities ${extra.join(", ")}` };
    }
  },
};

const seccomp: ContainerRule = {
  ...standard,
  id: "X01-seccomp",
  scope: "container",
  title: "Containers run under a seccomp profile",
  rationale: "Without a profile all system calls of the kernel are open to the container.",
  remediation: "securityContext:\n  seccompProfile:\n    type: RuntimeDefault",
  *check({ spec, path, pod }) {
    const profile = spec.securityContext?.seccompProfile ?? pod.spec.securityContext?.seccompProfile;
    if (profile?.type !== "RuntimeDefault" && profile?.type !== "Localhost") {
      yield { path: `${path}.securityContext.seccompProfile.type`, message: "seccompProfile is neither RuntimeDefault nor Localhost, neither here nor on the pod" };
    }
  },
};

const readOnlyRoot: ContainerRule = {
  ...standard,
  id: "X01-read-only-root",
  severity: "high",
  scope: "container",
  title: "Containers have a read-only root file system",
  rationale: "What cannot be written cannot be replaced by an intruder, nor fill the node's disk.",
  remediation: "securityContext:\n  readOnlyRootFilesystem: true\n# and an emptyDir with a sizeLimit for each path the program writes to",
  *check({ spec, path }) {
    if (spec.securityContext?.readOnlyRootFilesystem !== true) {
      yield { path: `${path}.securityContext.readOnlyRootFilesystem`, message: "readOnlyRootFilesystem is not true" };
    }
  },
};

const hostNamespaces: ObjectRule = {
  ...standard,
  id: "X01-host-namespaces",
  scope: "object",
  title: "Pods keep out of the node's namespaces",
  rationale: "The node's network, processes and shared memory hold everything of every other pod.",
  remediation: "hostNetwork: false\nhostPID: false\nhostIPC: false",
  *check(object) {
    const pod = podOf(object);
    for (const field of ["hostNetwork", "hostPID", "hostIPC"] as const) {
      if (pod?.spec[field] === true) yield { path: `${pod.path}.${field}`, message: `${field} is true` };
    }
  },
};

const hostPath: ObjectRule = {
  ...standard,
  id: "X01-host-path",
  scope: "object",
  title: "Pods do not mount the node's file system",
  rationale: "A path of the node is a way to its credentials and to every other container.",
  remediation: "volumes:\n  - name: scratch\n    emptyDir:\n      sizeLimit: 64Mi",
  *check(object) {
    const pod = podOf(object);
    for (const [index, volume] of (pod?.spec.volumes ?? []).entries()) {
      if (volume.hostPath === undefined || volume.hostPath === null) continue;
      yield { path: `${pod?.path}.volumes[${index}].hostPath`, message: `volume "${volume.name}" mounts ${volume.hostPath.path} of the node` };
    }
  },
};

const hostPort: ContainerRule = {
  ...standard,
  id: "X01-host-port",
  severity: "high",
  scope: "container",
  title: "Containers open no port of the node",
  rationale: "A port of the node is reachable past every network policy, and allows one such pod a node.",
  remediation: "ports:\n  - containerPort: 8080   # without hostPort; publish it by a Service",
  *check({ spec, path }) {
    for (const [index, port] of (spec.ports ?? []).entries()) {
      if (port.hostPort) yield { path: `${path}.ports[${index}].hostPort`, message: `opens port ${port.hostPort} of the node` };
    }
  },
};

const serviceAccountToken: ObjectRule = {
  ...standard,
  id: "X01-service-account-token",
  severity: "high",
  scope: "object",
  title: "Pods get a service account token only when they say why",
  rationale: "A mounted token is a key to the API server for whoever breaks into the pod.",
  remediation: [
    "automountServiceAccountToken: false",
    "# or, for a pod that talks to the API server: serviceAccountName, automountServiceAccountToken: true and, on the pod,",
    "# annotations:",
    `#   ${needsServiceAccountToken}: "<reason>"`,
  ].join("\n"),
  *check(object) {
    const pod = podOf(object);
    const mounted = pod?.spec.automountServiceAccountToken;
    if (pod === undefined || mounted === false) return;
    const path = `${pod.path}.automountServiceAccountToken`;
    if (mounted !== true) {
      yield { path, message: "automountServiceAccountToken is not false" };
    } else if (!pod.spec.serviceAccountName || !pod.annotations[needsServiceAccountToken]?.trim()) {
      yield { path, message: "mounts a service account token without its own service account and a reason" };
    }
  },
};

const namespaceStandard: ObjectRule = {
  ...standard,
  id: "X01-namespace-pod-security",
  scope: "object",
  kinds: ["Namespace"],
  title: "Namespaces enforce the restricted Pod Security Standard",
  rationale: "The label makes the API server refuse what reaches it past this stack.",
  remediation: "metadata:\n  labels:\n    pod-security.kubernetes.io/enforce: restricted",
  *check(object) {
    const label = "pod-security.kubernetes.io/enforce";
    if (object.labels[label] !== "restricted") {
      yield { path: `metadata.labels["${label}"]`, message: `${label} is ${object.labels[label] ?? "missing"}, must be restricted` };
    }
  },
};

/** X01: the restricted Pod Security Standard, and a little more. */
export const podSecurityRules: readonly Rule[] = [
  privileged, privilegeEscalation, nonRoot, capabilities, seccomp, readOnlyRoot,
  hostNamespaces, hostPath, hostPort, serviceAccountToken, namespaceStandard,
];
