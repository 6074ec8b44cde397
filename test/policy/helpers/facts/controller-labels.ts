import type { V1LabelSelector } from "@kubernetes/client-node";
import { examplesOf, object, stack } from "../example.ts";

type Labels = typeof import("../../../../policies/facts/controller-labels.ts");

const set = (spec: object) => object("StatefulSet", "db", { spec });
const three = set({ replicas: 3 });
const fromFive = set({ replicas: 3, ordinals: { start: 5 } });
const web = object("Deployment", "web");
const pod = object("Pod", "db-0");
const advanced = object("StatefulSet", "db", { apiVersion: "apps.kruise.io/v1", spec: { replicas: 3 } });
const podName = "statefulset.kubernetes.io/pod-name";
const podIndex = "apps.kubernetes.io/pod-index";
const hash = "pod-template-hash";

const adds =
  (workload: typeof web, ...selectors: readonly V1LabelSelector[]) =>
  ({ controllerAdds }: Labels) =>
    selectors.map((selector) => controllerAdds(selector, workload, stack(workload)));
const named = (...names: readonly string[]) => names.map((name) => ({ matchLabels: { [podName]: name } }));
const numbered = (...numbers: readonly string[]) => numbers.map((number) => ({ matchLabels: { [podIndex]: number } }));
const expression = (key: string, operator: string, values?: string[]): V1LabelSelector => ({
  matchExpressions: [{ key, operator, ...(values && { values }) }],
});

export const controllerLabels = examplesOf<Labels>("policies/facts/controller-labels.ts", {
  "a StatefulSet names its pods from zero up to its replicas": [
    adds(three, ...named("db-0", "db-2", "db-3", "db-02", "db-x", "db-", "other-0", "dbs-0", "db0")),
    [true, true, false, false, false, false, false, false, false],
  ],
  "a StatefulSet numbers its pods as it names them": [
    adds(three, ...numbered("0", "2", "3", "00", "-1")),
    [true, true, false, false, false],
  ],
  "a StatefulSet may begin with another number": [
    adds(fromFive, ...named("db-5", "db-7", "db-4", "db-8"), ...numbered("10", "7")),
    [true, true, false, false, false, true],
  ],
  "a StatefulSet without a spec has the pod of one replica": [
    adds(object("StatefulSet", "db"), ...named("db-0", "db-1")),
    [true, false],
  ],
  "another project's StatefulSet names its pods likewise": [adds(advanced, ...named("db-0", "db-3")), [true, false]],
  "no Deployment and no pod of its own gets the name of a StatefulSet's pod": [
    (helper) => [adds(web, ...named("web-0"))(helper), adds(pod, ...named("db-0-0", "db-0"))(helper)],
    [[false], [false, false]],
  ],
  "every controller labels its pods with values that nobody foresees": [
    adds(
      web,
      ...[
        hash,
        "controller-revision-hash",
        "pod-template-generation",
        "controller-uid",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-completion-index",
      ].map((key) => ({ matchLabels: { [key]: "1a2b" } })),
    ),
    Array(6).fill(true),
  ],
  "a pod without a controller gets none of these labels": [
    adds(pod, { matchLabels: { [hash]: "1a2b" } }, expression(hash, "Exists"), expression(hash, "In", ["1a2b"])),
    [false, false, false],
  ],
  "expressions ask for labels of controllers too": [
    adds(
      three,
      expression(podName, "In", ["db-9", "db-1"]),
      expression(podName, "In", ["db-9"]),
      expression(podName, "NotIn", ["db-1"]),
      expression(podName, "Exists"),
      expression(podName, "DoesNotExist"),
    ),
    [true, false, true, true, false],
  ],
  "a pod of its own has none of the labels that must not exist": [
    adds(pod, expression(podName, "DoesNotExist")),
    [true],
  ],
  "all that is asked for has to be given": [
    adds(
      three,
      { matchLabels: { [podName]: "db-0", [podIndex]: "9" } },
      { matchLabels: { [podName]: "db-0" }, ...expression(podIndex, "In", ["9"]) },
      { matchLabels: { app: "db" } },
      expression("app", "Exists"),
      {},
    ),
    [false, false, true, true, true],
  ],
  "a selector's own part is what no controller adds": [
    ({ ownPart }) => [
      ownPart({ matchLabels: { app: "db", [podName]: "db-0" } }),
      ownPart({ matchLabels: { app: "db" }, ...expression(hash, "Exists") }),
      ownPart(expression("app", "Exists")),
      ownPart({ matchLabels: { [podName]: "db-0" }, ...expression("app", "Exists") }),
    ],
    [
      { matchLabels: { app: "db" }, matchExpressions: [] },
      { matchLabels: { app: "db" }, matchExpressions: [] },
      expression("app", "Exists"),
      { matchLabels: {}, ...expression("app", "Exists") },
    ],
  ],
  "a selector without a controller's label is taken as it is": [
    ({ ownPart }) => {
      const selector = { matchLabels: { app: "db" } };
      return ownPart(selector) === selector;
    },
    true,
  ],
});
