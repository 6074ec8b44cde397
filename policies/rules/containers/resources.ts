import { inMebibytes, parseQuantity, quantityHint } from "../../../settings/quantity.ts";
import { isEphemeral } from "../../cel/pods.ts";
import { cel } from "../../cel/template.ts";
import { enumerated } from "../../model/enumerated.ts";
import type { Manifest } from "../../model/kubernetes-object.ts";
import { podKinds, workloadKinds } from "../../model/pod-spec-walker.ts";
import type { WalkedContainer } from "../../model/pod-spec-walker.ts";
import type { CelCheck, ContainerRule, Rule, StackRule, Violation } from "../rule.ts";
import { namespaceAnsweredBy } from "../../model/object-index.ts";
import { scratchRules } from "./scratch.ts";

const base = { row: ["X02"], severity: "high" } as const;

type List = "requests" | "limits";

/** What is asked for: in which list, of which resource, and how a message calls it. */
const amounts = {
  cpuRequest: ["requests", "cpu", "cpu request"],
  memoryRequest: ["requests", "memory", "memory request"],
  memoryLimit: ["limits", "memory", "memory limit"],
  cpuLimit: ["limits", "cpu", "cpu limit"],
  storageLimit: ["limits", "ephemeral-storage", "ephemeral-storage limit"],
} as const;
type Amount = (typeof amounts)[keyof typeof amounts];

/** What is missing is said once. */
function* requirePositive({ spec, path }: WalkedContainer, amounts: readonly Amount[]): Generator<Violation> {
  const valueOf = ([list, resource]: Amount) => spec.resources?.[list]?.[resource] ?? undefined;
  const at = ([list, resource]: Amount) => fieldOf(path, list, resource);
  const missing = amounts.filter((amount) => valueOf(amount) === undefined);
  if (missing.length > 0)
    yield {
      path: missing.length === 1 ? at(missing[0]!) : `${path}.resources`,
      message: `has ${enumerated(missing.map(([, , name]) => `no ${name}`))}`,
    };
  for (const amount of amounts) {
    const value = valueOf(amount);
    if (value !== undefined && !(Number(parseQuantity(value)) > 0))
      yield { path: at(amount), message: `${amount[2]} ${value} is not a quantity above zero${quantityHint(value)}` };
  }
}

/** CEL of `requirePositive`: nothing is zero. The API refuses resources on ephemeral containers. */
function positive([list, resource, name]: Amount): CelCheck {
  return {
    expression: `${isEphemeral} || ${quantityOf(list, resource)}.isGreaterThan(quantity("0"))`,
    message: `has no ${name} above zero`,
  };
}

function quantityOf(list: List, resource: string): string {
  return `quantity(container.?resources.?${list}[?"${resource}"].orValue("0"))`;
}

function fieldOf(path: string, list: List, resource: string): string {
  return `${path}.resources.${list}${resource.includes("-") ? `["${resource}"]` : `.${resource}`}`;
}

const containerResources: ContainerRule = {
  ...base,
  id: "X02-container-resources",
  scope: "container",
  kinds: podKinds,
  title: "Containers request and limit cpu and memory",
  rationale: "A container without them takes its neighbours down with it, and is the first to be evicted.",
  remediation: "resources:\n  requests:\n    cpu: 100m\n    memory: 128Mi\n  limits:\n    cpu: 500m\n    memory: 256Mi",
  sources: {
    scanners: [
      "kube-linter unset-cpu-requirements",
      "kube-linter unset-memory-requirements",
      "Trivy KSV-0011",
      "Trivy KSV-0015",
      "Trivy KSV-0016",
      "Trivy KSV-0018",
      "Checkov CKV_K8S_10",
      "Checkov CKV_K8S_11",
      "Checkov CKV_K8S_12",
      "Checkov CKV_K8S_13",
      "kube-score container-resources",
      "Polaris cpuRequestsMissing",
      "Polaris cpuLimitsMissing",
      "Polaris memoryRequestsMissing",
      "Polaris memoryLimitsMissing",
    ],
  },
  admission: ({ "X02-container-resources": { requireCpuLimit } }) => required(requireCpuLimit).map(positive),
  *check(container, _object, settings) {
    if (container.role === "ephemeral") return; // the API refuses resources on ephemeral containers
    yield* requirePositive(container, required(settings["X02-container-resources"].requireCpuLimit));
  },
};

function required(cpuLimit: boolean): readonly Amount[] {
  return [amounts.cpuRequest, amounts.memoryRequest, amounts.memoryLimit, ...(cpuLimit ? [amounts.cpuLimit] : [])];
}

const ephemeralStorage: ContainerRule = {
  ...base,
  id: "X02-ephemeral-storage",
  scope: "container",
  kinds: podKinds,
  title: "Containers limit their ephemeral storage",
  rationale: "Logs and scratch files of one container can fill the node's disk, and the node then evicts everything.",
  remediation: "resources:\n  limits:\n    ephemeral-storage: 256Mi",
  sources: { scanners: ["kube-score container-ephemeral-storage-request-and-limit"] },
  admission: [positive(amounts.storageLimit)],
  *check(container) {
    if (container.role !== "ephemeral") yield* requirePositive(container, [amounts.storageLimit]);
  },
};

const requestsWithinLimits: ContainerRule = {
  ...base,
  id: "X02-requests-within-limits",
  scope: "container",
  kinds: podKinds,
  title: "Containers request no more than their limit",
  rationale: "The API server refuses such a pod, and a workload that makes it looks applied while it has no pods.",
  remediation: "resources:\n  requests:\n    memory: 128Mi   # at most the limit\n  limits:\n    memory: 256Mi",
  admission: [
    {
      expression: cel`container.?resources.?requests.orValue({}).all(resource,
        !(resource in container.?resources.?limits.orValue({}))
        || !quantity(container.resources.limits[resource]).isGreaterThan(quantity("0"))
        || !quantity(container.resources.requests[resource]).isGreaterThan(quantity(container.resources.limits[resource])))`,
      message: "requests more of a resource than its limit",
    },
  ],
  *check({ spec, path }) {
    const { requests, limits } = spec.resources ?? {};
    for (const [resource, request] of Object.entries(requests ?? {})) {
      const limit = limits?.[resource];
      const most = Number(parseQuantity(limit)); // a limit that is missing or zero is X02-container-resources'
      if (most > 0 && Number(parseQuantity(request)) > most) {
        yield {
          path: fieldOf(path, "requests", resource),
          message: `requests ${request} of ${resource}, above its limit of ${limit}`,
        };
      }
    }
  },
};

const memoryOvercommit: ContainerRule = {
  ...base,
  id: "X02-memory-overcommit",
  severity: "medium",
  scope: "container",
  kinds: podKinds,
  title: "Memory limits are close to memory requests",
  rationale:
    "The scheduler fills nodes by requests: containers that may take many times as much are killed together when they do.",
  remediation:
    "resources:\n  requests:\n    memory: 256Mi   # what it needs in ordinary times\n  limits:\n    memory: 512Mi",
  sources: { scanners: ["kube-score container-resource-requests-equal-limits"] },
  admission: ({ "X02-memory-overcommit": { maxLimitRequestRatio } }) => [
    {
      expression: [
        `!${quantityOf("requests", "memory")}.isGreaterThan(quantity("0"))`,
        `${quantityOf("limits", "memory")}.asApproximateFloat() <= double(${maxLimitRequestRatio}) * ${quantityOf("requests", "memory")}.asApproximateFloat()`,
      ].join(" || "),
      message: `memory limit is more than ${maxLimitRequestRatio} x the request`,
    },
  ],
  *check({ spec, path }, _object, settings) {
    const { requests, limits } = spec.resources ?? {};
    const request = Number(parseQuantity(requests?.["memory"]));
    const limit = Number(parseQuantity(limits?.["memory"]));
    const { maxLimitRequestRatio } = settings["X02-memory-overcommit"];
    if (!(request > 0 && limit > maxLimitRequestRatio * request)) return; // one that is missing is X02-container-resources'
    const message = `memory limit ${limits?.["memory"]} is more than ${maxLimitRequestRatio} x the request of ${requests?.["memory"]}`;
    yield {
      path: `${path}.resources.requests.memory`,
      message,
      fix: `resources:\n  requests:\n    memory: ${inMebibytes(limit / maxLimitRequestRatio)}`,
    };
  },
};

const namespaceBudget: StackRule = {
  ...base,
  id: "X02-namespace-budget",
  scope: "stack",
  kinds: ["Namespace", ...workloadKinds],
  title: "Namespaces have a quota and a limit range",
  rationale: "Without them one namespace can take the whole cluster, and pods made by hand run without limits.",
  remediation: [
    "apiVersion: v1",
    "kind: ResourceQuota",
    "spec:",
    "  hard:",
    '    requests.cpu: "4"',
    "    requests.memory: 8Gi",
    "---",
    "apiVersion: v1",
    "kind: LimitRange",
    "spec:",
    "  limits:",
    "    - type: Container",
    "      default: { cpu: 500m, memory: 256Mi }",
  ].join("\n"),
  sources: { scanners: ["Trivy KSV-0039", "Trivy KSV-0040"] },
  admission: {
    beyondCel: "The quota and the limit range of a namespace are other objects than the namespace and its workloads.",
  },
  *check(object, objects) {
    const namespace = namespaceAnsweredBy(object, objects);
    if (namespace === undefined) return;
    for (const [kind, field] of [
      ["ResourceQuota", "hard"],
      ["LimitRange", "limits"],
    ] as const) {
      const budgets = objects.inNamespace(kind, namespace);
      if (budgets.length === 0) yield { path: "", message: `namespace "${namespace}" has no ${kind}` };
      else if (!budgets.some(({ manifest }) => holdsAny(manifest, field)))
        yield { path: "", message: `namespace "${namespace}" has no ${kind} that limits anything` };
    }
  },
};

function holdsAny({ spec }: Manifest, field: string): boolean {
  return Object.keys((spec as Record<string, object | undefined> | undefined)?.[field] ?? {}).length > 0;
}

/** X02: requests, limits, scratch space, and the namespace's budget. */
export const resourceRules: readonly Rule[] = [
  containerResources,
  ephemeralStorage,
  requestsWithinLimits,
  memoryOvercommit,
  ...scratchRules,
  namespaceBudget,
];
