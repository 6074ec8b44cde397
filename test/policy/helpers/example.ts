import { fromManifest } from "../../../policies/model/kubernetes-object.ts";
import type { KubernetesObject } from "../../../policies/model/kubernetes-object.ts";
import { indexObjects } from "../../../policies/model/object-index.ts";
import type { ObjectIndex } from "../../../policies/model/object-index.ts";

/**
 * What a helper of the rules answers, without a rule around it: a test holds each answer, and the sweep asks every slip
 * of the helper for the same.
 */
export interface Examples {
  /** The helper, by path from the checkout. */
  readonly file: string;
  readonly answers: readonly Answer[];
}

interface Answer {
  /** A sentence, unique over the policy level. */
  readonly title: string;
  readonly ask: (helper: never) => unknown;
  readonly answer: unknown;
}

/** Examples of the helper in a file: for each sentence what is asked, and the answer. */
export function examplesOf<Helper>(
  file: string,
  answers: Readonly<Record<string, readonly [ask: (helper: Helper) => unknown, answer: unknown]>>,
): Examples {
  return { file, answers: Object.entries(answers).map(([title, [ask, answer]]) => ({ title, ask, answer })) };
}

/** What a helper answers; the message where it throws. */
export function answerOf({ ask }: Answer, helper: object): unknown {
  try {
    return ask(helper as never);
  } catch (error) {
    return `throws ${(error as Error).message}`;
  }
}

const versions: Readonly<Record<string, string>> = {
  Deployment: "apps/v1",
  StatefulSet: "apps/v1",
  DaemonSet: "apps/v1",
  Job: "batch/v1",
  CronJob: "batch/v1",
  NetworkPolicy: "networking.k8s.io/v1",
  HorizontalPodAutoscaler: "autoscaling/v2",
};

/** An object of a kind, by default in the namespace `shop`: `object("Deployment", "web", { spec })`. */
export function object(
  kind: string,
  name: string,
  {
    namespace = "shop",
    labels = {},
    annotations = {},
    ...rest
  }: {
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    [field: string]: unknown;
  } = {},
): KubernetesObject {
  return fromManifest({
    apiVersion: versions[kind] ?? "v1",
    kind,
    metadata: { name, ...(kind === "Namespace" ? {} : { namespace }), labels, annotations },
    ...rest,
  })[0]!;
}

/** A stack of these objects. */
export function stack(...objects: readonly KubernetesObject[]): ObjectIndex {
  return indexObjects(objects);
}

/** A workload, whose pods have its name as their label `app`. */
export const pods = (
  name: string,
  containers: readonly object[],
  {
    namespace = "shop",
    kind = "Deployment",
    spec = {},
    ...rest
  }: { namespace?: string; kind?: string; spec?: object; [field: string]: unknown } = {},
) =>
  object(kind, name, {
    namespace,
    ...rest,
    spec: { template: { metadata: { labels: { app: name } }, spec: { containers, ...spec } } },
  });

/** A container with an environment. */
export const env = (values: Record<string, string>) => [
  { name: "main", env: Object.entries(values).map(([name, value]) => ({ name, value })) },
];

/** A Service that selects pods by its own name. */
export const service = (name: string, spec: object = {}, namespace = "shop") =>
  object("Service", name, { namespace, spec: { selector: { app: name }, ...spec } });
