/** A topic that a system uses. */
export interface Topic {
  readonly name: string;
  /** The most consumers of one group that can share the work (T04). */
  readonly partitions: number;
  /** How long messages stay, read or not. @default 604800000, seven days (T01) */
  readonly retentionMilliseconds?: number;
  /** Makes `<name>.dlq` for messages that no consumer could handle (T01, T13). @default true */
  readonly deadLetters?: boolean;
}

/** A topic as the brokers are told. */
export interface DeclaredTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicas: number;
  /** Brokers that must have a message before it counts as written: one fewer than hold it, so that one may be away. */
  readonly minInSync: number;
  readonly retentionMilliseconds: number;
}

/** T01. */
export const retentionMilliseconds = 604_800_000;

/** Dead letters wait for a person: four times as long as the messages they come from. */
const deadLetterPatience = 4;

/** All topics with their dead-letter topics, as wide as `brokers` allow. */
export function allTopics(topics: readonly Topic[], brokers: number): DeclaredTopic[] {
  const replicas = Math.min(brokers, 3);
  const minInSync = Math.max(1, replicas - 1);
  return topics.flatMap(
    ({ name, partitions, deadLetters = true, retentionMilliseconds: retention = retentionMilliseconds }) => [
      { name, partitions, replicas, minInSync, retentionMilliseconds: retention },
      ...(deadLetters
        ? [
            {
              name: `${name}.dlq`,
              partitions: 1,
              replicas,
              minInSync,
              retentionMilliseconds: retention * deadLetterPatience,
            },
          ]
        : []),
    ],
  );
}
