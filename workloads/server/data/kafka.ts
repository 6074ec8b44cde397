import { Consumer, Producer, stringSerializer } from "@platformatic/kafka";
import * as z from "zod";
import { readSecret, word } from "../environment.ts";
import type { Check } from "../http/health.ts";
import type { Runtime } from "../role.ts";
import { refusalOr, type TlsMode, tlsOptions, type TlsServer } from "./tls.ts";
import { authoritiesFile, tlsMode } from "./tls-variables.ts";

const brokers = "addresses like host:9092 with commas between them";

/** Variables of a role that uses Kafka. */
export const kafkaVariables = {
  KAFKA_BROKERS: word(brokers)
    .refine((value) => value.split(",").every((broker) => /^[^\s:,]+:\d{1,5}$/.test(broker)), { error: brokers })
    .default("kafka-kafka:9092"),
  /** Name in the broker's logs and quotas; the role's own when it is not set. */
  KAFKA_CLIENT_ID: word("a name without blanks").optional(),
  KAFKA_TLS_MODE: tlsMode("disable", "verify-ca", "verify-full"),
  KAFKA_TLS_CA: authoritiesFile,
  KAFKA_SASL_MECHANISM: z
    .enum(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"], { error: "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512" })
    .optional(),
  /** Folder with the files `username` and `password`. */
  KAFKA_SASL_CREDENTIALS: word("a folder").optional(),
};

/** Values of `kafkaVariables`. */
export interface KafkaEnvironment {
  readonly KAFKA_BROKERS: string;
  readonly KAFKA_CLIENT_ID?: string | undefined;
  readonly KAFKA_TLS_MODE?: TlsMode;
  readonly KAFKA_TLS_CA?: string | undefined;
  readonly KAFKA_SASL_MECHANISM?: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512" | undefined;
  readonly KAFKA_SASL_CREDENTIALS?: string | undefined;
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

const serverOf = ({ KAFKA_BROKERS, KAFKA_TLS_MODE = "disable", KAFKA_TLS_CA }: KafkaEnvironment): TlsServer => ({
  product: "Kafka",
  host: KAFKA_BROKERS,
  mode: KAFKA_TLS_MODE,
  authorities: KAFKA_TLS_CA,
});

const connection = (environment: KafkaEnvironment, { log }: Pick<Runtime, "log">) => ({
  clientId: environment.KAFKA_CLIENT_ID ?? (log.bindings()["service"] as string),
  bootstrapBrokers: environment.KAFKA_BROKERS.split(","),
  connectTimeout: timing.connect,
  requestTimeout: timing.request,
  ...security(environment),
});

function security(environment: KafkaEnvironment) {
  const tls = tlsOptions(serverOf(environment));
  // Each broker has a name of its own, by which Node.js checks it.
  if (environment.KAFKA_TLS_MODE === "verify-full") delete tls?.checkServerIdentity;
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_CREDENTIALS: folder = "" } = environment;
  // Read for each new connection, so that a rotated password is used without a restart.
  const read = (file: string) => () => readSecret(`${folder}/${file}`) ?? "";
  return {
    ...(tls && { tls, tlsServerName: !/(^|,)[\d.]+:/.test(environment.KAFKA_BROKERS) }),
    ...(mechanism && { sasl: { mechanism, username: read("username"), password: read("password") } }),
  };
}

export interface Publisher {
  /**
   * Resolves when every in-sync replica has the messages, in the given order; rejects when Kafka cannot be reached for
   * some
   * seconds. Messages whose signal fired while earlier ones were being sent are left out.
   */
  publish(messages: readonly Outgoing[], signal?: AbortSignal): Promise<void>;
  /** Passes when a broker answers and knows the topics. */
  check(topics: readonly string[]): Check;
  close(): Promise<void>;
}

/**
 * An idempotent producer: what it sends again after a lost answer is not written twice. It waits `retryDelay` ms, 250
 * unless given, between its attempts.
 */
export function openPublisher(
  environment: KafkaEnvironment,
  runtime: Pick<Runtime, "log">,
  retryDelay = timing.retryDelay,
): Publisher {
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
      const sent = last
        .catch(() => {})
        .then(() => {
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
        const { brokers: known } = await producer
          .metadata({ topics: [...topics], forceUpdate: true, retries: 0 })
          .catch((error: unknown) => {
            throw refusalOr(error, serverOf(environment));
          });
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
  return {
    topic,
    ...(key !== undefined && { key }),
    ...(value !== undefined && { value }),
    ...(headers && { headers: new Map(headers) }),
  };
}
