import type { Reply } from "../../cluster/api-server.ts";

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

/** What a running cluster has that an update cannot change, or not in every way. */
export interface LivingCluster {
  readonly claims: readonly LivingClaim[];
  /** Storage classes that let volumes grow. */
  readonly growingClasses: ReadonlySet<string>;
}

/** An object of a list, as the API server writes it. */
interface Listed {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string>; readonly deletionTimestamp?: string; readonly managedFields?: readonly { readonly manager?: string; readonly operation?: string }[] };
  readonly [field: string]: unknown;
}

/** The owner of fields that updates of a stack set. */
export const fieldManager = "production-platform";

/**
 * Asks for all of it at once, in the stack's own namespaces and nobody else's. Throws where the cluster does not answer or refuses, and says which path.
 * What is being deleted counts as gone: who deleted it has said so.
 */
export async function livingCluster(read: (path: string) => Promise<Reply>, namespaces: readonly string[]): Promise<LivingCluster> {
  const list = async (path: string): Promise<Listed[]> => {
    const { status, text } = await read(path);
    if (status !== 200) throw new Error(`${path} answers with status ${status}`);
    return (JSON.parse(text) as { items: Listed[] }).items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  };
  const [classes, ...claims] = await Promise.all([
    list("/apis/storage.k8s.io/v1/storageclasses"),
    ...namespaces.map((namespace) => list(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`)),
  ]);
  return {
    claims: claims.flat().map(claim),
    growingClasses: new Set(classes.filter(({ allowVolumeExpansion }) => allowVolumeExpansion === true).map(({ metadata }) => metadata.name)),
  };
}

function claim({ metadata, ...fields }: Listed): LivingClaim {
  const spec = fields["spec"] as { accessModes?: string[]; storageClassName?: string; resources: { requests: { storage: string } }; dataSource?: { name: string } };
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
    sizedByStack: (metadata.managedFields ?? []).some(({ manager, operation }) => manager === fieldManager && operation === "Apply"),
  };
}
