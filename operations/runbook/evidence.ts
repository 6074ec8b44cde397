import { CoreV1Api } from "@kubernetes/client-node";
import type { Fact } from "./fact.ts";
import type { Run } from "./run-id.ts";
import type { Plan, Scope } from "./verb.ts";

/** On the ConfigMaps of evidence: the verb. */
export const evidenceLabel = "production-platform/evidence";
/** How many a namespace keeps; the oldest go. */
const ring = 20;

/** What a run did, for those who ask later. It holds names and counts, and no secret. */
export interface Evidence {
  readonly run: string;
  readonly verb: string;
  readonly who: string;
  readonly line: string;
  readonly system: string;
  readonly namespace: string;
  readonly context: string;
  readonly stack: string;
  readonly plan: Plan["changes"];
  readonly before: Readonly<Record<string, unknown>>;
  readonly steps: readonly { readonly name: string; readonly seconds: number; readonly result: string }[];
  readonly facts: readonly Fact[];
  /** What came of it in numbers, where the verb measures something. */
  readonly result?: Readonly<Record<string, unknown>>;
  readonly state: "done" | "failed" | "not proven" | "interrupted";
  readonly started: string;
  readonly ended: string;
}

/**
 * Leaves evidence as an immutable ConfigMap in the system's namespace, drops the oldest beyond the ring, and returns
 * its name.
 */
export async function keepEvidence(evidence: Evidence, { id, verb }: Run, { kubeConfig }: Scope): Promise<string> {
  const { namespace } = evidence;
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const name = `evidence-${verb}-${id}`;
  await core.createNamespacedConfigMap({
    namespace,
    body: {
      metadata: { name, namespace, labels: { [evidenceLabel]: verb } },
      immutable: true,
      data: { "evidence.json": JSON.stringify(evidence, undefined, 2) },
    },
  });
  const { items } = await core.listNamespacedConfigMap({ namespace, labelSelector: evidenceLabel });
  const names = items.map(({ metadata }) => metadata!.name!).sort((one, other) => idIn(one).localeCompare(idIn(other)));
  for (const old of names.slice(0, Math.max(0, names.length - ring)))
    await core.deleteNamespacedConfigMap({ namespace, name: old });
  return name;
}

/** Names sort by verb; their ends sort by time. */
const idIn = (name: string): string => /\d{8}t\d{6}-[0-9a-f]{4}$/.exec(name)?.[0] ?? "";

/** The evidence that a namespace still has of runs that ended since then; the newest first. */
export async function keptEvidence(namespace: string, since: Date, { kubeConfig }: Scope): Promise<Evidence[]> {
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const { items } = await core.listNamespacedConfigMap({ namespace, labelSelector: evidenceLabel });
  return items
    .flatMap(({ data }) => (data?.["evidence.json"] ? [JSON.parse(data["evidence.json"]) as Evidence] : []))
    .filter(({ ended }) => new Date(ended) >= since)
    .sort((one, other) => other.ended.localeCompare(one.ended));
}
