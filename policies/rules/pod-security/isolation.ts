import { needsServiceAccountToken } from "../../annotations.ts";
import { isWindows as celWindows, literal, podAnnotations, volumes } from "../../cel.ts";
import { podOf } from "../../pod-spec-walker.ts";
import type { ContainerRule, ObjectRule, Rule } from "../../rule.ts";
import { isWindows, standard } from "./standard.ts";

/** Names of the service account that every pod of the namespace has which asks for no other. */
const everybodys = ["", "default"];
const ownAccount = `!(variables.pod.?serviceAccountName.orValue("") in ${literal(everybodys)})`;

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
  sources: { cis: ["5.1.6"], scanners: ["Trivy KSV-0036", "Checkov CKV_K8S_38", "Polaris automountServiceAccountToken"] },
  admission: [
    { expression: "has(variables.pod.automountServiceAccountToken)", message: "automountServiceAccountToken is not false" },
    {
      expression: [
        "!variables.pod.?automountServiceAccountToken.orValue(false)",
        `${ownAccount} && ${podAnnotations}[?"${needsServiceAccountToken}"].orValue("").trim() != ""`,
      ].join(" || "),
      message: "mounts a service account token without its own service account and a reason",
    },
    {
      expression: `${ownAccount} || !${volumes}.exists(volume, volume.?projected.?sources.orValue([]).exists(source, has(source.serviceAccountToken)))`,
      message: "a volume holds a token of the default service account",
    },
  ],
  *check(object) {
    const pod = podOf(object);
    if (pod === undefined) return;
    const mounted = pod.spec.automountServiceAccountToken;
    const path = `${pod.path}.automountServiceAccountToken`;
    const hasOwnAccount = () => !everybodys.includes(pod.spec.serviceAccountName ?? "");
    if (mounted !== true && mounted !== false) {
      yield { path, message: "automountServiceAccountToken is not false" };
    } else if (mounted && (!hasOwnAccount() || !pod.annotations[needsServiceAccountToken]?.trim())) {
      yield { path, message: "mounts a service account token without its own service account and a reason" };
    }
    for (const [index, { name, projected }] of (pod.spec.volumes ?? []).entries()) {
      if (!(projected?.sources ?? []).some(({ serviceAccountToken }) => serviceAccountToken) || hasOwnAccount()) continue;
      yield { path: `${pod.path}.volumes[${index}].projected`, message: `volume "${name}" holds a token of the default service account` };
    }
  },
};

const sharedProcesses: ObjectRule = {
  ...standard,
  id: "X01-shared-processes",
  severity: "medium",
  scope: "object",
  title: "Containers of a pod do not see each other's processes",
  rationale: "Under /proc each container then reads the environment, files and secrets of the others.",
  remediation: "shareProcessNamespace: false",
  admission: [{ expression: "variables.pod.?shareProcessNamespace.orValue(false) != true", message: "shareProcessNamespace is true" }],
  *check(object) {
    const pod = podOf(object);
    if (pod?.spec.shareProcessNamespace === true) yield { path: `${pod.path}.shareProcessNamespace`, message: "shareProcessNamespace is true" };
  },
};

const hostAliases: ObjectRule = {
  ...standard,
  id: "X01-host-aliases",
  severity: "medium",
  scope: "object",
  title: "Names are resolved by DNS alone",
  rationale: "An alias sends a known name to an address nobody sees from outside the pod, and stays when the address moves.",
  remediation: "# without hostAliases; for a fixed address:\napiVersion: v1\nkind: Service\nspec:\n  type: ExternalName\n  externalName: <the real host>",
  sources: { scanners: ["Trivy KSV-0007"] },
  admission: [{ expression: "variables.pod.?hostAliases.orValue([]).size() == 0", message: "has hostAliases" }],
  *check(object) {
    const pod = podOf(object);
    for (const [index, { ip, hostnames }] of (pod?.spec.hostAliases ?? []).entries()) {
      yield { path: `${pod?.path}.hostAliases[${index}]`, message: `sends ${(hostnames ?? []).join(", ")} to ${ip} by hostAliases` };
    }
  },
};

const portStart = "net.ipv4.ip_unprivileged_port_start";
const sysctls = "variables.pod.?securityContext.?sysctls.orValue([])";

const privilegedPorts: ContainerRule = {
  ...standard,
  id: "X01-privileged-ports",
  severity: "medium",
  scope: "container",
  title: "Ports below 1024 come with the right to open them",
  rationale: "Without root such a port needs NET_BIND_SERVICE: it opens on one node's runtime and fails on the next.",
  remediation: [
    "ports:", "  - containerPort: 8080", "# or, where the port cannot be changed, on the pod:", "securityContext:", "  sysctls:", `    - name: ${portStart}`, '      value: "0"',
  ].join("\n"),
  sources: { scanners: ["kube-linter privileged-ports", "Trivy KSV-0117"] },
  admission: [{
    expression: [
      celWindows, '"NET_BIND_SERVICE" in container.?securityContext.?capabilities.?add.orValue([])',
      `container.?ports.orValue([]).all(port, port.containerPort >= 1024 || ${sysctls}.exists(sysctl, sysctl.name == "${portStart}" && int(sysctl.value) <= port.containerPort))`,
    ].join(" || "),
    message: "listens on a port below 1024 without NET_BIND_SERVICE",
  }],
  *check({ spec, path, pod }) {
    if (isWindows(pod) || spec.securityContext?.capabilities?.add?.includes("NET_BIND_SERVICE")) return;
    const start = (pod.spec.securityContext?.sysctls ?? []).find(({ name }) => name === portStart)?.value ?? "1024";
    for (const [index, { containerPort }] of (spec.ports ?? []).entries()) {
      if (containerPort >= 1024 || containerPort >= Number(start)) continue;
      yield { path: `${path}.ports[${index}].containerPort`, message: `listens on port ${containerPort} without NET_BIND_SERVICE` };
    }
  },
};

/** What keeps containers, pods and the API server apart. */
export const isolationRules: readonly Rule[] = [serviceAccountToken, sharedProcesses, hostAliases, privilegedPorts];
