import { contextName } from "../../cluster/local/settings.ts";
import type { ClusterRecord } from "./cluster-record.ts";
import type { EngineRecord } from "./engine-record.ts";
import { counted, Refusal, refuseForeign } from "./refusals.ts";

/** The cluster that a stack is on, as far as it is recorded. */
export interface Bound {
  readonly context: string;
  /** UID of the namespace kube-system; older records have none. */
  readonly uid?: string;
  /** Of the local cluster: the folder that holds it. */
  readonly folder?: string;
}

/** What a context of a kubeconfig leads to now. */
export interface Offer {
  readonly context: string;
  /** UID of the cluster that answers. */
  readonly uid?: string;
  /** Why none answers. */
  readonly problem?: string;
  /** A kubeconfig of this context alone. */
  readonly kubeconfig: Record<string, unknown>;
}

/** The local cluster of this machine. */
export interface LocalCluster {
  readonly folder: string;
  readonly exists: boolean;
  /** UID of the cluster, where it runs or its owner recorded it. */
  readonly uid?: string;
  /** The other checkout that brought a platform up on it; none where that is this one, or nobody. */
  readonly foreign?: string;
}

/** All that decides what a command may do with a stack. */
export interface Situation {
  readonly stack: string;
  readonly bound?: Bound;
  /** What the engine's record of the stack holds. */
  readonly resources: readonly string[];
  /** The context that the stack's file names. */
  readonly named?: string;
  /** What the recorded context leads to, in each kubeconfig that has it. */
  readonly offers: readonly Offer[];
  readonly local: LocalCluster;
  /** Other stacks of this checkout on the same cluster. */
  readonly others: readonly string[];
}

/** Joins the two records of a stack. Throws a {@link Refusal} where they tell of two clusters. */
export function boundCluster(
  stack: string,
  record: Pick<ClusterRecord, "context" | "uid" | "folder"> | undefined,
  { cluster }: Pick<EngineRecord, "cluster">,
): Bound | undefined {
  if (record?.uid !== undefined && cluster?.uid !== undefined && record.uid !== cluster.uid) {
    throw new Refusal(
      `stack ${stack} has two records: its objects are on the cluster ${cluster.uid} (context "${cluster.context}") by the engine's, and on ${record.uid} (context "${record.context}") ` +
        `by .state/stacks/${stack}/cluster.json. Nothing was changed. Remove the folder of that file if the engine's is right`,
    );
  }
  return record ?? cluster;
}

export type UpDecision =
  /** Nothing is recorded: a cluster is chosen. */
  | { readonly do: "choose" }
  | { readonly do: "use"; readonly offer: Offer }
  | { readonly do: "start local" }
  /** The recorded cluster is gone with all that was on it. */
  | { readonly do: "begin anew"; readonly why: string };

/** Where `up` goes. Throws a {@link Refusal}. */
export function decideUp(situation: Situation): UpDecision {
  const { stack, bound, named, local } = situation;
  if (bound === undefined) return { do: "choose" };
  const gone = goneLocal(situation);
  if (gone !== undefined) return { do: "begin anew", why: gone };
  if (named !== undefined && named !== bound.context) {
    throw new Refusal(
      `stack ${stack} is on the cluster of context "${bound.context}"${known(bound)}, and Pulumi.${stack}.yaml names "${named}". Nothing was changed. ` +
        `Name "${bound.context}" there to go on, or move the stack: npm run down -- --stack ${stack} --purge, then bring it up again`,
    );
  }
  if (!isLocal(bound)) return { do: "use", offer: theCluster(situation) };
  refuseForeign(local);
  const offer = rightOffer(situation);
  return offer === undefined ? { do: "start local" } : { do: "use", offer };
}

export type DownDecision =
  | { readonly do: "nothing"; readonly why: string }
  /** The stack is alone on the local cluster, which goes down as a whole. */
  | { readonly do: "stop local" }
  | { readonly do: "destroy"; readonly offer: Offer; readonly why?: string }
  /** No object of the stack exists any more: both records may go. */
  | { readonly do: "forget"; readonly why: string };

/** What `down` does; `gone` is the cluster that the user says to be gone for good. Throws a {@link Refusal}. */
export function decideDown(
  situation: Situation,
  { purge, gone }: { readonly purge: boolean; readonly gone?: string },
): DownDecision {
  const { stack, bound, resources, local, others } = situation;
  if (bound === undefined) {
    if (resources.length === 0)
      return { do: "nothing", why: `stack ${stack} is not up: no cluster is recorded for it, and nothing was changed` };
    throw new Refusal(
      `the engine's record of stack ${stack} has ${counted(resources)}, and no cluster. Nothing was changed. Bring it up first: npm run up -- --stack ${stack}`,
    );
  }
  const goneHere = goneLocal(situation);
  if (goneHere !== undefined)
    return purge
      ? { do: "forget", why: goneHere }
      : { do: "nothing", why: `${goneHere}. Nothing was changed; npm run up -- --stack ${stack} begins anew` };
  if (gone !== undefined) return forgetLost(situation, bound, gone);
  if (!isLocal(bound)) {
    if (resources.length === 0 && rightOffer(situation) === undefined)
      return { do: "forget", why: `nothing of stack ${stack} is on "${bound.context}" by the engine's record` };
    return { do: "destroy", offer: theCluster(situation) };
  }
  refuseForeign(local);
  if (others.length === 0) return { do: "stop local" };
  return {
    do: "destroy",
    offer: theCluster(situation),
    why: `the local cluster stays, because it also holds ${others.map((other) => `stack ${other}`).join(" and ")}; "npm run cluster -- down" stops it as a whole`,
  };
}

/** The cluster that a stack is on, for what only looks or adds to it. Throws a {@link Refusal}. */
export function theCluster(situation: Situation): Offer {
  const { stack, bound, offers } = situation;
  if (bound === undefined) throw new Refusal(`stack ${stack} is not up: no cluster is recorded for it`);
  const offer = rightOffer(situation);
  if (offer !== undefined) return offer;
  const other = offers.find(({ uid }) => uid !== undefined);
  const context = `context "${bound.context}"`;
  if (other !== undefined) {
    throw new Refusal(
      `stack ${stack} is on the cluster ${bound.uid}, and another one answers to its ${context} now: ${other.uid}. Nothing was changed. ` +
        `Point the context to ${bound.uid} again where that still runs. ${waysOut(stack, bound)}`,
    );
  }
  const problems = offers.map(({ problem }) => problem).join("; ") || "no kubeconfig has this context";
  throw new Refusal(
    `the cluster of stack ${stack}, ${context}${known(bound)}, does not answer: ${problems}. Nothing was changed. Start it. ${waysOut(stack, bound)}`,
  );
}

export const isLocal = ({ context }: Pick<Bound, "context">): boolean => context === contextName;

/** Whether two records tell of one cluster. */
export const sameCluster = (one: Bound, other: Bound): boolean =>
  one.uid !== undefined && other.uid !== undefined ? one.uid === other.uid : one.context === other.context;

const rightOffer = ({ bound, offers }: Situation): Offer | undefined =>
  offers.find(({ uid }) => uid !== undefined && (bound?.uid === undefined || bound.uid === uid));

/**
 * Why the local cluster of a stack is known to be gone; `undefined` where it may be there. Its data lies in one folder
 * of this machine, so
 * whoever removed that, or made another cluster in it, removed the stack's objects and volumes. Throws where the folder
 * is another one now.
 */
function goneLocal({ stack, bound, local }: Situation): string | undefined {
  if (bound === undefined || !isLocal(bound)) return undefined;
  if (bound.folder !== undefined && bound.folder !== local.folder) {
    throw new Refusal(
      `stack ${stack} is on the local cluster in ${bound.folder}, and PLATFORM_STATE leads to ${local.folder}. Nothing was changed. Set it as it was for "npm run up"`,
    );
  }
  if (local.exists && (local.uid === undefined || bound.uid === undefined || local.uid === bound.uid)) return undefined;
  return `the local cluster that stack ${stack} was on${known(bound)} is gone, with all its data`;
}

function forgetLost(situation: Situation, bound: Bound, gone: string): DownDecision {
  const recorded = bound.uid ?? bound.context;
  if (gone !== recorded)
    throw new Refusal(
      `stack ${situation.stack} is on the cluster ${recorded}, and --gone names ${gone}. Nothing was changed`,
    );
  if (isLocal(bound) || rightOffer(situation) !== undefined)
    throw new Refusal(
      `the cluster ${recorded} of stack ${situation.stack} is not gone. Nothing was changed. Take the stack down without --gone`,
    );
  return { do: "forget", why: `the cluster ${recorded} is gone, as you say` };
}

const waysOut = (stack: string, bound: Bound) =>
  `If ${bound.uid ?? "it"} is gone for good, forget the stack: npm run down -- --stack ${stack} --purge --gone ${bound.uid ?? bound.context}`;

const known = ({ uid }: Bound) => (uid === undefined ? "" : ` (${uid})`);
