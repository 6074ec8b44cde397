import type { IntOrString, V1ServiceSpec } from "@kubernetes/client-node";
import { needsOutsideAddress } from "../../model/annotations.ts";
import { cel } from "../../cel/template.ts";
import { known } from "../../model/not-evaluable.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { containersOf, podOf } from "../../model/pod-spec-walker.ts";
import type { ObjectRule, Rule, StackRule } from "../rule.ts";
import { selectorOf, workloadsSelected } from "../../facts/selected-pods.ts";

const base = { kinds: ["Service"], row: ["X05"], severity: "high" } as const;

const reason = cel`object.metadata.?annotations[?${needsOutsideAddress}].orValue("").trim() != ""`;
const outside = ["NodePort", "LoadBalancer", "ExternalName"];

const exposed: ObjectRule = {
  ...base,
  id: "X05-service-exposed",
  scope: "object",
  title: "Services are inside the cluster, or state why they are not",
  rationale:
    "A NodePort or a LoadBalancer bypasses the Ingress with its TLS and its limits; an ExternalName bypasses the network policies.",
  remediation: `spec:\n  type: ClusterIP   # and an Ingress before it\n# or:\nmetadata:\n  annotations:\n    ${needsOutsideAddress}: "<reason>"`,
  sources: { scanners: ["kube-linter exposed-services", "kube-score service-type", "Trivy KSV-0108"] },
  admission: [
    {
      expression: cel`!(object.?spec.?type.orValue("ClusterIP") in ${outside}) || ${reason}`,
      message: `the Service is a ${outside.join(" or ")} without a reason`,
    },
  ],
  *check(object) {
    const { type = "ClusterIP" } = specOf(object);
    if (outside.includes(type) && !object.annotations[needsOutsideAddress]?.trim())
      yield { path: "spec.type", message: `is a ${type} without a reason` };
  },
};

const sourceRanges: ObjectRule = {
  ...base,
  id: "X05-load-balancer-sources",
  scope: "object",
  title: "Load balancers set loadBalancerSourceRanges",
  rationale: "Without source ranges the whole internet can connect.",
  remediation: "spec:\n  loadBalancerSourceRanges: [203.0.113.0/24]",
  admission: [
    {
      expression: cel`object.?spec.?type.orValue("") != "LoadBalancer"
        || object.spec.?loadBalancerSourceRanges.orValue([]).size() > 0
          && object.spec.loadBalancerSourceRanges.all(range, !range.trim().endsWith("/0"))`,
      message: "the load balancer accepts connections from every address",
    },
  ],
  *check(object) {
    const { type, loadBalancerSourceRanges: ranges } = specOf(object);
    if (type !== "LoadBalancer") return;
    const path = "spec.loadBalancerSourceRanges";
    if ((ranges ?? []).length === 0) yield { path, message: "is a LoadBalancer without loadBalancerSourceRanges" };
    for (const [index, range] of (ranges ?? []).entries()) {
      if (range.trim().endsWith("/0"))
        yield { path: `${path}[${index}]`, message: `its load balancer accepts connections from ${range}` };
    }
  },
};

const externalIps: ObjectRule = {
  ...base,
  id: "X05-external-ips",
  scope: "object",
  severity: "critical",
  title: "Services set no externalIPs",
  rationale:
    "A user who can write this field can send the cluster's traffic for any address to a pod of their own (CVE-2020-8554).",
  remediation: "spec:   # without externalIPs; a LoadBalancer's address is given by the cluster",
  sources: { scanners: ["Trivy KSV-0108"] },
  admission: [
    { expression: "object.?spec.?externalIPs.orValue([]).size() == 0", message: "externalIPs claims addresses" },
  ],
  *check(object) {
    const { externalIPs = [] } = specOf(object);
    if (externalIPs.length > 0)
      yield { path: "spec.externalIPs", message: `externalIPs claims ${externalIPs.join(", ")}` };
  },
};

const targetPort: StackRule = {
  ...base,
  id: "X05-service-target-port",
  scope: "stack",
  title: "The targetPort of a Service is a port of its pods",
  rationale: "Connections to a port where nothing listens are refused, although Service and pods look healthy.",
  remediation: "spec:\n  ports:\n    - port: 8080\n      targetPort: http   # the name of a container's port",
  admission: { beyondCel: "The pods are other objects." },
  *check(object, objects) {
    const { clusterIP, ports = [] } = specOf(object);
    for (const [index, { targetPort: wanted }] of ports.entries()) {
      if (typeof wanted !== "string" || !/^\d+$/.test(wanted)) continue;
      yield {
        path: `spec.ports[${index}].targetPort`,
        message: `targetPort "${wanted}" is a text, and so the name of a port: a number has no quotes`,
        fix: `spec:\n  ports:\n    - targetPort: ${wanted}`,
      };
    }
    if (clusterIP === "None") return; // whoever asks DNS for its pods chooses the port himself
    const workloads = [...workloadsSelected(selectorOf(object), object.namespace, objects)].map((workload) => ({
      workload,
      has: known(() => portsOf(workload)),
    }));
    for (const [index, { port, protocol = "TCP", targetPort: wanted = port }] of ports.entries()) {
      if (workloads.length === 0 || /^\d+$/.test(String(wanted)) !== (typeof wanted === "number")) continue;
      if (!workloads.every(({ has }) => has !== undefined && !has(wanted, protocol))) continue;
      const path = `spec.ports[${index}].targetPort`;
      const kind = protocol === "TCP" ? "" : ` for ${protocol}`;
      yield {
        path,
        message: `no container of ${workloads
          .map(({ workload }) => workload.ref)
          .sort()
          .join(" and ")} has port ${wanted}${kind}`,
      };
    }
  },
};

/**
 * Whether a workload's containers have a port by name or number. One that declares no port may listen on any number;
 * only a name asks for
 * the protocol as well.
 */
function portsOf(workload: KubernetesObject): (wanted: IntOrString, protocol: string) => boolean {
  const pod = podOf(workload);
  const containers = (pod === undefined ? [] : [...containersOf(pod)])
    .filter(({ role }) => role === "main" || role === "sidecar")
    .map(({ spec }) => spec.ports ?? []);
  return (wanted, protocol) =>
    containers.some(
      (ports) =>
        (typeof wanted === "number" && ports.length === 0) ||
        ports.some(
          (port) => port.containerPort === wanted || (port.name === wanted && (port.protocol ?? "TCP") === protocol),
        ),
    );
}

function specOf(service: KubernetesObject): Partial<V1ServiceSpec> {
  return (service.manifest["spec"] ?? {}) as Partial<V1ServiceSpec>;
}

/** X05: what Services open, and to whom. */
export const serviceRules: readonly Rule[] = [exposed, sourceRanges, externalIps, targetPort];
