import type { Reply } from "../../cluster/api-server.ts";
import { ofStack, retained } from "../workload/labels.ts";

/** A volume claim as a cluster has it. Sizes are Kubernetes quantities. */
export interface LivingClaim {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly request: string;
  /** What its volume holds; none before it is bound. */
  readonly capacity?: string;
  readonly storageClass?: string;
  readonly accessModes: readonly string[];
  /** Name of the VolumeSnapshot or claim that filled it. */
  readonly source?: string;
  readonly bound: boolean;
  /** Whether an update of a stack has set its size; who else makes it is the controller of its StatefulSet. */
  readonly sizedByStack: boolean;
}

/** A namespace as a cluster has it. */
export interface LivingNamespace {
  readonly name: string;
  /** The stack whose updates made it; none where somebody else did. */
  readonly stack: string | undefined;
  /** Whether the stack guards what is in it (`retainData`). */
  readonly retained: boolean;
}

/** What a running cluster has that an update cannot change, or not in every way. */
export interface LivingCluster {
  readonly claims: readonly LivingClaim[];
  readonly storageClasses: ReadonlySet<string>;
  /** Those of them that let volumes grow. */
  readonly growingClasses: ReadonlySet<string>;
  /** API groups with their versions: `cert-manager.io/v1`. */
  readonly served: ReadonlySet<string>;
  /** Kafka's brokers that elect its controller, by `namespace/name` of their StatefulSet. */
  readonly voters: Readonly<Record<string, number>>;
  /** Partitions of the topics that an update has made, by namespace and topic. */
  readonly partitions: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly namespaces: readonly LivingNamespace[];
}

/** Whether a claim is one of those that pods have for themselves: the volume's name with the pod's number behind it. */
export const claimOf = (volume: string, name: string): boolean =>
  name.startsWith(`${volume}-`) && /^\d+$/.test(name.slice(volume.length + 1));

/** An object of a list, as the API server writes it. */
interface Listed {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
    readonly deletionTimestamp?: string;
    readonly managedFields?: readonly { readonly manager?: string; readonly operation?: string }[];
  };
  readonly [field: string]: unknown;
}

/** The owner of fields that updates of a stack set. */
export const fieldManager = "production-platform";

/**
 * Asks for all of it at once, and looks into the stack's own namespaces and nobody else's; `kafka` are those with
 * brokers. Throws where the cluster does not answer or refuses, and says which path.
 * What is being deleted counts as gone: who deleted it has said so.
 */
export async function livingCluster(
  read: (path: string) => Promise<Reply>,
  namespaces: readonly string[],
  kafka: readonly string[],
): Promise<LivingCluster> {
  const asked = async (path: string): Promise<unknown> => {
    const { status, text } = await read(path);
    if (status !== 200) throw new Error(`${path} answers with status ${status}`);
    return JSON.parse(text);
  };
  const list = async (path: string) =>
    ((await asked(path)) as { items: Listed[] }).items.filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined,
    );
  const each = (of: readonly string[], path: (namespace: string) => string) =>
    Promise.all(of.map((namespace) => list(path(namespace))));
  const [apis, classes, all, claims, brokers, topics] = await Promise.all([
    asked("/apis") as Promise<{ groups: { versions: { groupVersion: string }[] }[] }>,
    list("/apis/storage.k8s.io/v1/storageclasses"),
    list("/api/v1/namespaces"),
    each(namespaces, (namespace) => `/api/v1/namespaces/${namespace}/persistentvolumeclaims`),
    each(kafka, (namespace) => `/apis/apps/v1/namespaces/${namespace}/statefulsets`),
    each(kafka, (namespace) => `/apis/batch/v1/namespaces/${namespace}/jobs`),
  ]);
  return {
    claims: claims.flat().map(claim),
    voters: Object.fromEntries(
      brokers.flat().flatMap((object) => {
        const value = environment(object, "KAFKA_CONTROLLER_QUORUM_VOTERS");
        return value === undefined
          ? []
          : [[`${object.metadata.namespace}/${object.metadata.name}`, value.split(",").length]];
      }),
    ),
    partitions: Object.fromEntries(kafka.map((namespace, index) => [namespace, topicPartitions(topics[index]!)])),
    namespaces: all.map(({ metadata: { name, annotations = {} } }) => ({
      name,
      stack: annotations[ofStack],
      retained: annotations[retained] === "true",
    })),
    served: new Set(apis.groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion))),
    storageClasses: new Set(classes.map(({ metadata }) => metadata.name)),
    growingClasses: new Set(
      classes.filter(({ allowVolumeExpansion }) => allowVolumeExpansion === true).map(({ metadata }) => metadata.name),
    ),
  };
}

function claim({ metadata, ...fields }: Listed): LivingClaim {
  const spec = fields["spec"] as {
    accessModes?: string[];
    storageClassName?: string;
    resources: { requests: { storage: string } };
    dataSource?: { name: string };
  };
  const status = (fields["status"] ?? {}) as { phase?: string; capacity?: { storage?: string } };
  return {
    namespace: metadata.namespace!,
    name: metadata.name,
    labels: metadata.labels ?? {},
    request: spec.resources.requests.storage,
    ...(status.capacity?.storage && { capacity: status.capacity.storage }),
    ...(spec.storageClassName && { storageClass: spec.storageClassName }),
    accessModes: spec.accessModes ?? [],
    ...(spec.dataSource && { source: spec.dataSource.name }),
    bound: status.phase === "Bound",
    sizedByStack: (metadata.managedFields ?? []).some(
      ({ manager, operation }) => manager === fieldManager && operation === "Apply",
    ),
  };
}

/** A variable of the containers of an object with a pod template. */
function environment({ spec }: Listed, name: string): string | undefined {
  const { containers } = (
    spec as { template: { spec: { containers: { env?: { name: string; value?: string }[] }[] } } }
  ).template.spec;
  return containers.flatMap(({ env = [] }) => env).find((variable) => variable.name === name)?.value;
}

/** The most partitions that any of the Jobs gave to each topic: a line is `name partitions ...`. */
function topicPartitions(jobs: readonly Listed[]): Record<string, number> {
  const most: Record<string, number> = {};
  for (const line of jobs.flatMap((job) => environment(job, "TOPICS")?.split("\n") ?? [])) {
    const [topic, partitions] = line.split(" ");
    most[topic!] = Math.max(most[topic!] ?? 0, Number(partitions));
  }
  return most;
}
