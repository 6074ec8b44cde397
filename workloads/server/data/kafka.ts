import { Consumer, Producer, stringSerializer } from "@platformatic/kafka";
import { word } from "../environment.ts";
import type { Check } from "../http/health.ts";
import type { Runtime } from "../role.ts";

const brokers = "addresses like host:9092 with commas between them";

/** Variables of a role that uses Kafka. */
export const kafkaVariables = {
  KAFKA_BROKERS: word(brokers)
    .refine((value) => value.split(",").every((broker) => /^[^\s:,]+:\d{1,5}$/.test(broker)), { error: brokers })
    .default("kafka-kafka:9092"),
  /** Name in the broker's logs and quotas; the role's own when it is not set. */
  KAFKA_CLIENT_ID: word("a name without blanks").optional(),
};

/** Values of `kafkaVariables`. */
export interface KafkaEnvironment {
  readonly KAFKA_BROKERS: string;
  readonly KAFKA_CLIENT_ID?: string | undefined;
}

/** A message to publish. Messages with the same key stay in their order. */
export interface Outgoing {
  readonly topic: string;
  readonly key: string | Buffer | undefined;
  readonly value: string | Buffer | undefined;
  readonly headers?: ReadonlyMap<string, string>;
}

/** Milliseconds. */
const timing = {
  connect: 3_000,
  /** For one answer: longer than a broker may hold back that of a joining member. */
  request: 30_000,
  retryDelay: 250,
  /** A member that is silent for longer is taken to be dead, and its partitions go to the others. */
  session: 15_000,
  rebalance: 20_000,
  heartbeat: 2_000,
  /** Without an answered heartbeat for this long a consumer starts again. */
  stalled: 30_000,
};

const connection = (environment: KafkaEnvironment, { log }: Pick<Runtime, "log">) => ({
  clientId: environment.KAFKA_CLIENT_ID ?? (log.bindings()["service"] as string),
  bootstrapBrokers: environment.KAFKA_BROKERS.split(","),
  connectTimeout: timing.connect,
  requestTimeout: timing.request,
});

export interface Publisher {
  /**
   * Resolves when every in-sync replica has the messages, in the given order; rejects when Kafka cannot be reached for some
   * seconds. Messages whose signal fired while earlier ones were being sent are left out.
   */
  publish(messages: readonly Outgoing[], signal?: AbortSignal): Promise<void>;
  /** Passes when a broker answers and knows the topics. */
  check(topics: readonly string[]): Check;
  close(): Promise<void>;
}

/** An idempotent producer: what it sends again after a lost answer is not written twice. It waits `retryDelay` ms, 250 unless given, between its attempts. */
export function openPublisher(environment: KafkaEnvironment, runtime: Pick<Runtime, "log">, retryDelay = timing.retryDelay): Publisher {
  const producer = new Producer({
    ...connection(environment, runtime),
    idempotent: true,
    retries: 4,
    retryDelay,
    serializers: { key: bytes, value: bytes, headerKey: stringSerializer, headerValue: stringSerializer },
  });
  let last: Promise<unknown> = Promise.resolve();
  return {
    publish(messages, signal) {
      // One after the other: the broker accepts a producer's batches in the order of their numbers only.
      const sent = last.catch(() => {}).then(() => {
        signal?.throwIfAborted();
        return producer.send({ messages: messages.map(toProduce) });
      });
      last = sent;
      return sent.then(() => {});
    },
    check: (topics) => ({
      name: "kafka",
      need: "required",
      async run() {
        const { brokers: known } = await producer.metadata({ topics: [...topics], forceUpdate: true, retries: 0 });
        return `connected, brokers: ${known.size}`;
      },
    }),
    close: () => producer.close(true),
  };
}

/**
 * A member of a consumer group that commits only when told to. It gives up at the first failure: what to do about one
 * depends on which partitions the member still has.
 */
export const newConsumer = (environment: KafkaEnvironment, groupId: string, runtime: Pick<Runtime, "log">): Consumer =>
  new Consumer({
    ...connection(environment, runtime),
    groupId,
    autocommit: false,
    retries: 0,
    sessionTimeout: timing.session,
    rebalanceTimeout: timing.rebalance,
    heartbeatInterval: timing.heartbeat,
    heartbeatStallTimeout: timing.stalled,
  });

const bytes = (value?: string | Buffer): Buffer | undefined => (typeof value === "string" ? Buffer.from(value) : value);

function toProduce({ topic, key, value, headers }: Outgoing) {
  return { topic, ...(key !== undefined && { key }), ...(value !== undefined && { value }), ...(headers && { headers: new Map(headers) }) };
}
