import { purpose } from "../../../components/workload/labels.ts";
import { volumes } from "../../cel/pods.ts";
import { cel } from "../../cel/template.ts";
import { containersOf, podKinds, podOf } from "../../model/pod-spec-walker.ts";
import type { WalkedPod } from "../../model/pod-spec-walker.ts";
import type { StackRule } from "../rule.ts";

/** The ConfigMap of the contract server's bundle, by the hash at its end. */
const bundle = "^contract-server-[0-9a-f]{8}$";
/** How its start reads in a container's command or arguments. */
const start = "/app/start.mjs";

/**
 * B19: the contract server stands in for private programs in development alone. Either sign tells it, so that taking
 * one away hides nothing.
 */
export const contractServerRule: StackRule = {
  id: "B19-contract-server",
  row: ["B19"],
  kinds: podKinds,
  scope: "stack",
  severity: "critical",
  title: "The contract server runs only in development",
  rationale:
    "It answers as the private programs do, from made-up data: in production its users would take the answers for true.",
  remediation: [
    "applications: { source: images, <program>: registry.example.com/team/name:v1.2.3 }   # of the system, in the stack's file",
    "# or, where the stack is for development: production-platform:purpose: development, which labels its namespaces so",
  ].join("\n"),
  admission: [
    {
      expression: cel`namespaceObject.metadata.?labels[?${purpose}].orValue("") == "development"
        || !${volumes}.exists(volume, volume.?configMap.?name.orValue("").matches(${bundle}))
          && !(variables.pod.?containers.orValue([]) + variables.pod.?initContainers.orValue([])).exists(container,
            container.?env.orValue([]).exists(variable, variable.name == "ROLE")
            && (container.?command.orValue([]) + container.?args.orValue([])).exists(word, word.contains(${start})))`,
      message: "runs the contract server in a namespace that is not for development",
    },
  ],
  *check(object, objects) {
    const pod = podOf(object);
    const sign = pod && signOf(pod);
    if (sign === undefined || objects.named("Namespace", "", object.namespace)?.labels[purpose] === "development")
      return;
    yield {
      path: sign,
      message: `runs the contract server, and namespace "${object.namespace}" is not labelled ${purpose}=development`,
    };
  },
};

/** The field by which a pod shows that it runs the contract server. */
function signOf(pod: WalkedPod): string | undefined {
  const volume = (pod.spec.volumes ?? []).findIndex(({ configMap }) => new RegExp(bundle).test(configMap?.name ?? ""));
  if (volume !== -1) return `${pod.path}.volumes[${volume}].configMap.name`;
  for (const {
    path,
    spec: { command = [], args = [], env = [] },
  } of containersOf(pod)) {
    if (env.some(({ name }) => name === "ROLE") && [...command, ...args].some((word) => word.includes(start)))
      return `${path}.command`;
  }
  return undefined;
}
