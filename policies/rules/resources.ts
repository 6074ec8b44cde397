import { podKinds, workloadKinds } from "../pod-spec-walker.ts";
import type { WalkedContainer } from "../pod-spec-walker.ts";
import { parseQuantity } from "../quantity.ts";
import type { ContainerRule, Rule, StackRule, Violation } from "../rule.ts";
import { namespaceAnsweredBy } from "../stack.ts";

function* requirePositive({ spec, path }: WalkedContainer, list: "requests" | "limits", resource: string): Generator<Violation> {
  const at = `${path}.resources.${list}${resource.includes("-") ? `["${resource}"]` : `.${resource}`}`;
  const name = `${resource} ${list === "requests" ? "request" : "limit"}`;
  const value = spec.resources?.[list]?.[resource];
  if (value === undefined || value === null) yield { path: at, message: `has no ${name}` };
  else if (!((parseQuantity(value) ?? 0) > 0)) yield { path: at, message: `${name} ${value} is not a quantity above zero` };
}

const containerResources: ContainerRule = {
  id: "X02-container-resources",
  scope: "container",
  kinds: podKinds,
  row: ["X02"],
  severity: "high",
  title: "Containers request and limit cpu and memory",
  rationale: "A container without them takes its neighbours down with it, and is the first to be evicted.",
  remediation: "resources:\n  requests:\n    cpu: 100m\n    memory: 128Mi\n  limits:\n    cpu: 500m\n    memory: 256Mi",
  *check(container, _object, settings) {
    if (container.role === "ephemeral") return; // the API refuses resources on ephemeral containers
    yield* requirePositive(container, "requests", "cpu");
    yield* requirePositive(container, "requests", "memory");
    yield* requirePositive(container, "limits", "memory");
    if (settings["X02-container-resources"].requireCpuLimit) yield* requirePositive(container, "limits", "cpu");
  },
};

const ephemeralStorage: ContainerRule = {
  id: "X02-ephemeral-storage",
  scope: "container",
  kinds: podKinds,
  row: ["X02"],
  severity: "high",
  title: "Containers limit their ephemeral storage",
  rationale: "Logs and scratch files of one container can fill the node's disk, and the node then evicts everything.",
  remediation: "resources:\n  limits:\n    ephemeral-storage: 256Mi",
  *check(container) {
    if (container.role !== "ephemeral") yield* requirePositive(container, "limits", "ephemeral-storage");
  },
};

const namespaceBudget: StackRule = {
  id: "X02-namespace-budget",
  scope: "stack",
  kinds: ["Namespace", ...workloadKinds],
  row: ["X02"],
  severity: "high",
  title: "Namespaces have a quota and a limit range",
  rationale: "Without them one namespace can take the whole cluster, and pods made by hand run without limits.",
  remediation: [
    "apiVersion: v1", "kind: ResourceQuota", "spec:", "  hard:", "    requests.cpu: \"4\"", "    requests.memory: 8Gi", "---",
    "apiVersion: v1", "kind: LimitRange", "spec:", "  limits:", "    - type: Container", "      default: { cpu: 500m, memory: 256Mi }",
  ].join("\n"),
  *check(object, stack) {
    const namespace = namespaceAnsweredBy(object, stack);
    if (namespace === undefined) return;
    for (const kind of ["ResourceQuota", "LimitRange"]) {
      if (stack.inNamespace(kind, namespace).length === 0) yield { path: "", message: `namespace "${namespace}" has no ${kind}` };
    }
  },
};

/** X02: requests, limits, and the namespace's budget. */
export const resourceRules: readonly Rule[] = [containerResources, ephemeralStorage, namespaceBudget];
