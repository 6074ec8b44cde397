import { keptInIndex } from "../model/kept-in-index.ts";
import type { KubernetesObject } from "../model/kubernetes-object.ts";
import { containersOf, podOf } from "../model/pod-spec-walker.ts";

/** A topic as an object declares it; what it leaves to the brokers is undefined. */
export interface DeclaredTopic {
  readonly name: string;
  /** Where in the object. */
  readonly path: string;
  readonly partitions?: number | undefined;
  readonly replicas?: number | undefined;
  readonly minInSync?: number | undefined;
  /** Milliseconds. */
  readonly retention?: number | undefined;
}

/** Kinds that declare topics: Strimzi's own, and Jobs that make them. */
export const topicKinds = ["KafkaTopic", "Job"] as const;

/** The environment variable of a Job that makes topics. */
export const topicsVariable = "TOPICS";

/** A line of {@link topicsVariable}: name, partitions, replicas, least replicas in sync, retention in milliseconds. */
export const topicLine = "^\\S+ \\d+ \\d+ \\d+ -?\\d+$";

/** The topics that an object declares; none for every other object. */
export function topicsOf(object: KubernetesObject): readonly DeclaredTopic[] {
  return object.kind === "KafkaTopic" ? [strimziTopic(object)] : jobTopics(object);
}

/** The topics that are declared in a namespace. */
export const topicsIn = keptInIndex((objects, namespace: string): readonly DeclaredTopic[] =>
  topicKinds.flatMap((kind) => objects.inNamespace(kind, namespace)).flatMap(topicsOf),
);

function strimziTopic(object: KubernetesObject): DeclaredTopic {
  const {
    topicName,
    partitions,
    replicas,
    config = {},
  } = (object.manifest["spec"] ?? {}) as {
    topicName?: string;
    partitions?: number;
    replicas?: number;
    config?: Readonly<Record<string, number | string>>;
  };
  const number = (name: string) => (config[name] === undefined ? undefined : Number(config[name]));
  return {
    name: topicName ?? object.name,
    path: "spec",
    partitions,
    replicas,
    minInSync: number("min.insync.replicas"),
    retention: number("retention.ms"),
  };
}

function jobTopics(object: KubernetesObject): DeclaredTopic[] {
  const pod = podOf(object);
  return (pod === undefined ? [] : [...containersOf(pod)]).flatMap(({ spec, path }) =>
    (spec.env ?? []).flatMap((entry, index) => {
      const lines = entry.name === topicsVariable ? (entry.value ?? "").split("\n") : [];
      // Another program may call something else TOPICS.
      if (!lines.every((line) => new RegExp(topicLine).test(line))) return [];
      return lines.map((line) => {
        const [name = "", ...numbers] = line.split(" ");
        const [partitions, replicas, minInSync, retention] = numbers.map(Number);
        return { name, path: `${path}.env[${index}].value`, partitions, replicas, minInSync, retention };
      });
    }),
  );
}
