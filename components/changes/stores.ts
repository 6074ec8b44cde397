import { claimOf, type LivingCluster } from "./living.ts";
import { steps } from "./refusal.ts";
import type { Said } from "./volumes.ts";

/** Who runs a store of a stack. */
export interface DeclaredStore {
  readonly namespace: string;
  /** Name of its StatefulSet, or of an operator's cluster. */
  readonly name: string;
  /** A kind that {@link volumesOf} knows, or one that has no volume here. */
  readonly engine: Said;
  /** What its setting calls the StatefulSet of this project. */
  readonly own: "statefulset" | "in-cluster";
}

/** Brokers and partitions of a Kafka that this project's StatefulSet runs. */
export interface DeclaredKafka {
  readonly namespace: string;
  readonly name: string;
  readonly brokers: Said<number>;
  readonly partitions: Said<number>;
}

/** The engines by whose labels or names a volume can be told. */
const volumesOf: Readonly<
  Record<
    string,
    (claim: { readonly name: string; readonly labels: Readonly<Record<string, string>> }, store: string) => boolean
  >
> = {
  statefulset: ({ name }, store) => claimOf(`data-${store}`, name),
  "in-cluster": ({ name }, store) => claimOf(`data-${store}`, name),
  "cloudnative-pg": ({ labels }, store) => labels["cnpg.io/cluster"] === store,
  strimzi: ({ labels }, store) => labels["strimzi.io/cluster"] === store,
};

/**
 * A store whose data are on the volumes of another engine than the declared one: it would begin empty, and the update
 * would take away what the old one needs.
 */
export function otherEngines(declared: readonly DeclaredStore[], { claims }: Pick<LivingCluster, "claims">): string[] {
  return declared.flatMap(({ namespace, name, engine, own: ours }) => {
    const inside = claims.filter((claim) => claim.namespace === namespace);
    const own = volumesOf[engine.value];
    if (own !== undefined && inside.some((claim) => own(claim, name))) return [];
    const [other] = Object.entries(volumesOf)
      .filter(([kind]) => kind === ours || !["statefulset", "in-cluster"].includes(kind))
      .flatMap(([kind, isIts]) => {
        const found = inside.filter((claim) => isIts(claim, name)).map((claim) => claim.name);
        return found.length === 0 ? [] : [{ kind, found }];
      });
    if (other === undefined) return [];
    return [
      `${engine.path}: is "${engine.value}", and the data of ${name} in ${namespace} are on the volumes of "${other.kind}" (${other.found.join(", ")}). An update moves no data, and the new store would begin empty. Write "${other.kind}", or move the data: ${steps("Change the engine of a store")}`,
    ];
  });
}

/** Brokers and partitions that Kafka cannot take while its data are there. */
export function otherBrokers(
  declared: readonly DeclaredKafka[],
  { claims, voters, partitions }: Pick<LivingCluster, "claims" | "voters" | "partitions">,
): string[] {
  return declared.flatMap(({ namespace, name, brokers, partitions: wanted }) => {
    // Where the brokers were taken away, each of their volumes is a voter's.
    const has =
      voters[`${namespace}/${name}`] ??
      claims.filter((claim) => claim.namespace === namespace && claimOf(`data-${name}`, claim.name)).length;
    const widest = Object.entries(partitions[namespace] ?? {})
      .filter(([topic]) => !topic.endsWith(".dlq"))
      .sort(([, one], [, other]) => other - one)[0];
    return [
      ...(has === 0 || has === brokers.value
        ? []
        : [
            `${brokers.path}: is ${brokers.value}, and ${name} in ${namespace} has ${has}, which elect its controller. Kafka takes no other number of voters while it runs, and gives topics that are there no more copies. Write ${has}, or begin with new brokers: ${steps("Change the number of Kafka brokers")}`,
          ]),
      ...(widest === undefined || widest[1] <= wanted.value
        ? []
        : [
            `${wanted.path}: is ${wanted.value}, and topic ${widest[0]} in ${namespace} has ${widest[1]}. Kafka removes no partition, because messages are in it. Write ${widest[1]} or more`,
          ]),
    ];
  });
}
