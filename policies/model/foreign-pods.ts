import type { V1Container, V1PodSpec } from "@kubernetes/client-node";
import { groupOf } from "./kind-groups.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";
import type { WalkedContainer, WalkedPod } from "./pod-spec-walker.ts";
import { withPod } from "./pod-spec-walker.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Where kinds of other controllers hold pod specs, by kind and group; `[]` stands for every item of a list. */
const podSpecs: Readonly<Record<string, readonly string[]>> = {
  "Rollout.argoproj.io": ["spec.template.spec"],
  "CloneSet.apps.kruise.io": ["spec.template.spec"],
  "StatefulSet.apps.kruise.io": ["spec.template.spec"],
  "DaemonSet.apps.kruise.io": ["spec.template.spec"],
  "BroadcastJob.apps.kruise.io": ["spec.template.spec"],
  "AdvancedCronJob.apps.kruise.io": [
    "spec.template.jobTemplate.spec.template.spec",
    "spec.template.broadcastJobTemplate.spec.template.spec",
  ],
  "DeploymentConfig.apps.openshift.io": ["spec.template.spec"],
  "JobSet.jobset.x-k8s.io": ["spec.replicatedJobs[].template.spec.template.spec"],
  "LeaderWorkerSet.leaderworkerset.x-k8s.io": [
    "spec.leaderWorkerTemplate.leaderTemplate.spec",
    "spec.leaderWorkerTemplate.workerTemplate.spec",
  ],
  "Job.batch.volcano.sh": ["spec.tasks[].template.spec"],
  "Service.serving.knative.dev": ["spec.template.spec"],
  "Configuration.serving.knative.dev": ["spec.template.spec"],
  "Revision.serving.knative.dev": ["spec"],
  "InferenceService.serving.kserve.io": ["spec.predictor", "spec.transformer", "spec.explainer"],
};

/** Where Argo holds the specs of workflows, whose templates have a container each. */
const workflows: Readonly<Record<string, string>> = {
  "Workflow.argoproj.io": "spec",
  "WorkflowTemplate.argoproj.io": "spec",
  "ClusterWorkflowTemplate.argoproj.io": "spec",
  "CronWorkflow.argoproj.io": "spec.workflowSpec",
};

/** Where Tekton holds the specs of tasks, whose steps are the containers of a pod. */
const tasks: Readonly<Record<string, readonly string[]>> = {
  "Task.tekton.dev": ["spec"],
  "ClusterTask.tekton.dev": ["spec"],
  "TaskRun.tekton.dev": ["spec.taskSpec"],
  "Pipeline.tekton.dev": ["spec.tasks[].taskSpec", "spec.finally[].taskSpec"],
  "PipelineRun.tekton.dev": ["spec.pipelineSpec.tasks[].taskSpec", "spec.pipelineSpec.finally[].taskSpec"],
};

/** A value somewhere in an object. */
interface Placed {
  readonly path: string;
  readonly value: Fields;
  /** What holds it. */
  readonly parent: Fields;
}

const found = new WeakMap<KubernetesObject, readonly KubernetesObject[]>();

/**
 * One object for each pod in an object of another controller's kind, as if it were a `PodTemplate`: with the same name,
 * labels and annotations. None for
 * Kubernetes' own kinds, and for kinds that are not known.
 */
export function foreignPods(object: KubernetesObject): readonly KubernetesObject[] {
  if (!hasForeignPods(object)) return [];
  let pods = found.get(object);
  if (pods === undefined) found.set(object, (pods = podsIn(object).map((pod) => withPod(object, pod))));
  return pods;
}

/** Whether the pods in objects of this kind of another controller are known. */
export function hasForeignPods(object: KubernetesObject): boolean {
  return (
    object.unseen === undefined &&
    object.apiVersion.includes(".") &&
    [podSpecs, workflows, tasks].some((table) => Object.hasOwn(table, fullKind(object)))
  );
}

/** `Rollout.argoproj.io`. */
function fullKind({ apiVersion, manifest }: KubernetesObject): string {
  return `${String(manifest.kind)}.${groupOf(apiVersion)}`;
}

function podsIn(object: KubernetesObject): WalkedPod[] {
  const { manifest } = object;
  const kind = fullKind(object);
  const at = (paths: readonly string[]) => paths.flatMap((path) => placesAt(manifest, path));
  if (Object.hasOwn(podSpecs, kind))
    return at(podSpecs[kind]!).flatMap(({ path, value, parent }) => (isPod(value) ? [podAt(path, value, parent)] : []));
  if (Object.hasOwn(workflows, kind)) return at([workflows[kind]!]).flatMap(workflowPods);
  return Object.hasOwn(tasks, kind) ? at(tasks[kind]!).map(taskPod) : [];
}

function isPod(spec: Fields): boolean {
  return ["containers", "initContainers"].some((field) => Array.isArray(spec[field]));
}

function podAt(path: string, spec: Fields, { metadata }: Fields): WalkedPod {
  const { labels = {}, annotations = {} } = (metadata ?? {}) as Partial<Pick<WalkedPod, "labels" | "annotations">>;
  return { path, spec: spec as unknown as V1PodSpec, labels, annotations };
}

/** Each template is a pod, under the settings of the whole workflow. */
function workflowPods({ path, value: spec }: Placed): WalkedPod[] {
  return placesAt(spec, "templates[]").flatMap(({ path: below, value: template }) => {
    const at = `${path}.${below}`;
    const main = ["container", "script"]
      .filter((field) => isFields(template[field]))
      .map((field) => container("main", `${at}.${field}`, template[field] as Fields));
    const several = lists(template, at, [
      ["initContainers", "init"],
      ["sidecars", "sidecar"],
    ]);
    const set = isFields(template["containerSet"])
      ? lists(template["containerSet"], `${at}.containerSet`, [["containers", "main"]])
      : [];
    return main.length + set.length === 0
      ? []
      : [podOfContainers(at, { ...spec, ...template }, [...main, ...set, ...several])];
  });
}

/** Steps run one after the other in one pod, with what `stepTemplate` sets for all. */
function taskPod({ path, value: task, parent }: Placed): WalkedPod {
  const common = isFields(task["stepTemplate"]) ? task["stepTemplate"] : {};
  const steps = lists(task, path, [["steps", "main"]]).map((step) => ({
    ...step,
    spec: { ...common, ...step.spec } as V1Container,
  }));
  return podOfContainers(path, { volumes: task["volumes"], ...(parent["podTemplate"] as Fields | undefined) }, [
    ...steps,
    ...lists(task, path, [["sidecars", "sidecar"]]),
  ]);
}

type Role = WalkedContainer["role"];
type PlacedContainer = Omit<WalkedContainer, "pod">;

function container(role: Role, path: string, spec: Fields): PlacedContainer {
  return { role, path, spec: spec as unknown as V1Container };
}

function lists(
  holder: Fields,
  path: string,
  fields: readonly (readonly [field: string, role: Role])[],
): PlacedContainer[] {
  return fields.flatMap(([field, role]) =>
    placesAt(holder, `${field}[]`).map(({ path: below, value }) => container(role, `${path}.${below}`, value)),
  );
}

function podOfContainers(path: string, settings: Fields, containers: readonly PlacedContainer[]): WalkedPod {
  const of = (roles: readonly Role[]) => containers.filter(({ role }) => roles.includes(role)).map(({ spec }) => spec);
  const spec = {
    ...settings,
    containers: of(["main"]),
    initContainers: of(["init", "sidecar"]),
    ephemeralContainers: undefined,
  } as unknown as V1PodSpec;
  return { path, spec, labels: {}, annotations: {}, containers };
}

/** All values at a path. */
function placesAt(root: Fields, path: string): Placed[] {
  let places: Placed[] = [{ path: "", value: root, parent: {} }];
  for (const step of path.split(".")) {
    const field = step.replace("[]", "");
    places = places.flatMap(({ path: before, value }) => {
      const next = value[field];
      const to = `${before}${before === "" ? "" : "."}${field}`;
      if (step.endsWith("[]"))
        return (Array.isArray(next) ? next : []).flatMap((item, index) =>
          isFields(item) ? [{ path: `${to}[${index}]`, value: item, parent: value }] : [],
        );
      return isFields(next) ? [{ path: to, value: next, parent: value }] : [];
    });
  }
  return places;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
