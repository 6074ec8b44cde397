import type { V1Probe } from "@kubernetes/client-node";
import { volumes } from "../../cel/pods.ts";
import { literal } from "../../cel/template.ts";
import { podOf } from "../../model/pod-spec-walker.ts";
import type { ContainerRule, ObjectRule, Rule } from "../rule.ts";
import { baseline, contextRule, standard } from "./standard.ts";

const namespaces = ["hostNetwork", "hostPID", "hostIPC"] as const;

const hostNamespaces: ObjectRule = {
  ...standard,
  ...baseline("Host Namespaces", {
    cis: ["5.2.3", "5.2.4", "5.2.5"],
    scanners: [
      "kube-linter host-network",
      "kube-linter host-pid",
      "kube-linter host-ipc",
      "Trivy KSV-0008",
      "Trivy KSV-0009",
      "Trivy KSV-0010",
      "Checkov CKV_K8S_17",
      "Checkov CKV_K8S_18",
      "Checkov CKV_K8S_19",
      "Polaris hostNetworkSet",
      "Polaris hostPIDSet",
      "Polaris hostIPCSet",
    ],
  }),
  id: "X01-host-namespaces",
  scope: "object",
  title: "Pods set no hostNetwork, hostPID and hostIPC",
  rationale: "The node's network, processes and shared memory hold everything of every other pod.",
  remediation: "hostNetwork: false\nhostPID: false\nhostIPC: false",
  admission: namespaces.map((field) => ({
    expression: `variables.pod.?${field}.orValue(false) != true`,
    message: `${field} is true`,
  })),
  *check(object) {
    const pod = podOf(object);
    for (const field of namespaces) {
      if (pod?.spec[field] === true) yield { path: `${pod.path}.${field}`, message: `${field} is true` };
    }
  },
};

const hostPath: ObjectRule = {
  ...standard,
  ...baseline("HostPath Volumes", {
    cis: ["5.2.12"],
    scanners: ["kube-linter sensitive-host-mounts", "Trivy KSV-0023"],
  }),
  id: "X01-host-path",
  scope: "object",
  title: "Pods mount no hostPath",
  rationale: "A path of the node is a way to its credentials and to every other container.",
  remediation: "volumes:\n  - name: scratch\n    emptyDir:\n      sizeLimit: 64Mi",
  admission: [
    { expression: `${volumes}.all(volume, !has(volume.hostPath))`, message: "a volume mounts a path of the node" },
  ],
  *check(object) {
    const pod = podOf(object);
    for (const [index, volume] of (pod?.spec.volumes ?? []).entries()) {
      if (volume.hostPath === undefined || volume.hostPath === null) continue;
      yield {
        path: `${pod?.path}.volumes[${index}].hostPath`,
        message: `volume "${volume.name}" mounts ${volume.hostPath.path} of the node`,
      };
    }
  },
};

const runtimeSockets = String.raw`(^|/)(docker|containerd|crio|cri-dockerd|podman|buildkitd)\.sock$`;
const runtimeSocketPattern = new RegExp(runtimeSockets);

const runtimeSocket: ObjectRule = {
  ...standard,
  id: "X01-runtime-socket",
  scope: "object",
  title: "Pods do not mount the container runtime's socket",
  rationale:
    "A program that can talk to the runtime can start a privileged container, so an exception for other paths of the node must not open this one.",
  remediation: "# without the volume; images are built by a rootless builder, metrics read from the kubelet",
  sources: { cis: ["5.2.12"], scanners: ["kube-linter docker-sock", "Trivy KSV-0006", "Checkov CKV_K8S_27"] },
  admission: [
    {
      expression: `${volumes}.all(volume, !volume.?hostPath.?path.orValue("").matches(${literal(runtimeSockets)}))`,
      message: "a volume mounts the container runtime's socket",
    },
  ],
  *check(object) {
    const pod = podOf(object);
    for (const [index, volume] of (pod?.spec.volumes ?? []).entries()) {
      const path = volume.hostPath?.path ?? "";
      if (!runtimeSocketPattern.test(path)) continue;
      yield {
        path: `${pod?.path}.volumes[${index}].hostPath.path`,
        message: `volume "${volume.name}" mounts the container runtime's socket, ${path}`,
      };
    }
  },
};

const hostPort: ContainerRule = {
  ...standard,
  ...baseline("Host Ports", {
    cis: ["5.2.13"],
    scanners: ["Trivy KSV-0024", "Checkov CKV_K8S_26", "Polaris hostPortSet"],
  }),
  id: "X01-host-port",
  severity: "high",
  scope: "container",
  title: "Containers open no hostPort",
  rationale: "A port of the node is reachable past every network policy, and allows one such pod a node.",
  remediation: "ports:\n  - containerPort: 8080   # without hostPort; publish it by a Service",
  admission: [
    {
      expression: `container.?ports.orValue([]).all(port, port.?hostPort.orValue(0) == 0 || variables.pod.?hostNetwork.orValue(false) && port.hostPort == port.containerPort)`,
      message: "opens a port of the node",
    },
  ],
  *check({ spec, path, pod }) {
    for (const [index, { hostPort, containerPort }] of (spec.ports ?? []).entries()) {
      // The API server writes these into a pod on the node's network, which X01-host-namespaces speaks about.
      const implied = pod.spec.hostNetwork === true && hostPort === containerPort;
      if (hostPort && !implied)
        yield { path: `${path}.ports[${index}].hostPort`, message: `opens port ${hostPort} of the node` };
    }
  },
};

const windowsHostProcess = contextRule({
  ...baseline("HostProcess", { cis: ["5.2.11"], scanners: ["Trivy KSV-0103"] }),
  id: "X01-windows-host-process",
  severity: standard.severity,
  title: "Windows containers set no hostProcess",
  rationale:
    "A HostProcess container is not a container: it is a program on the node, with the rights of its user there.",
  remediation: "securityContext:\n  windowsOptions:\n    hostProcess: false",
  cel: {
    expression: "context.?windowsOptions.?hostProcess.orValue(false) != true",
    message: "windowsOptions.hostProcess is true",
  },
  *inspect({ windowsOptions }) {
    if (windowsOptions?.hostProcess === true)
      yield { field: "windowsOptions.hostProcess", message: "windowsOptions.hostProcess is true" };
  },
});

const probes = ["livenessProbe", "readinessProbe", "startupProbe"] as const;
const hooks = ["postStart", "preStop"] as const;
const handlers = [
  ...probes.map((probe) => `container.?${probe}`),
  ...hooks.map((hook) => `container.?lifecycle.?${hook}`),
].map((handler) => `${handler}.orValue({})`);

const probeHost: ContainerRule = {
  ...standard,
  ...baseline("Host Probes / Lifecycle Hooks"),
  id: "X01-probe-host",
  severity: "high",
  scope: "container",
  title: "Probes and lifecycle hooks set no host",
  rationale:
    "The kubelet asks, from the node's network: a host of one's own choice lets a pod reach what only the node may.",
  remediation:
    "livenessProbe:\n  httpGet: { path: /health/live, port: http }   # without host, and the same for tcpSocket and lifecycle",
  admission: [
    {
      expression: `[${handlers.join(", ")}].all(handler, handler.?httpGet.?host.orValue("") == "" && handler.?tcpSocket.?host.orValue("") == "")`,
      message: "a probe or lifecycle hook names a host",
    },
  ],
  *check({ spec, path }) {
    const asked: [at: string, handler: Pick<V1Probe, "httpGet" | "tcpSocket"> | undefined][] = [
      ...probes.map((probe) => [probe, spec[probe]] as [string, V1Probe | undefined]),
      ...hooks.map((hook) => [`lifecycle.${hook}`, spec.lifecycle?.[hook]] as [string, V1Probe | undefined]),
    ];
    for (const [at, handler] of asked) {
      for (const action of ["httpGet", "tcpSocket"] as const) {
        const host = handler?.[action]?.host;
        if (host)
          yield { path: `${path}.${at}.${action}.host`, message: `${at}.${action}.host is ${host}, must not be set` };
      }
    }
  },
};

/** What belongs to the node. */
export const hostRules: readonly Rule[] = [
  hostNamespaces,
  hostPath,
  runtimeSocket,
  hostPort,
  windowsHostProcess,
  probeHost,
];
