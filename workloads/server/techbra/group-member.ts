import { setTimeout as sleep } from "node:timers/promises";
import { type Consumer, findErrorBy, type Message } from "@platformatic/kafka";
import { Gauge } from "prom-client";
import { retryDelay } from "../data/redis.ts";
import type { Runtime } from "../role.ts";
import { atMost } from "./at-most.ts";
import { createOutage } from "./outage.ts";

/** What a member uses of its Kafka client. */
export type GroupClient = Pick<
  Consumer,
  "joinGroup" | "consume" | "commit" | "close" | "on" | "topics" | "generationId" | "startLagMonitoring"
>;

/** Deals with a message for good. Rejects only when the signal fires before it is dealt with. */
export type Deal = (message: Message, signal: AbortSignal) => Promise<void>;

export interface Subscription {
  readonly group: string;
  readonly topics: readonly string[];
  /** A client for one membership. */
  readonly newClient: () => GroupClient;
  readonly deal: Deal;
  /** Wait after so many failures in a row, in ms. @default retryDelay */
  readonly delay?: (failures: number) => number;
}

/** Messages that may be dealt with before their offsets are committed: so many come again after a crash, at most. */
const uncommittedLimit = 50;

/** Attempts to get through the rebalances that others cause while this member joins. */
const joinAttempts = 10;

/** Milliseconds. */
const timing = { lag: 5_000, leave: 3_000, fetch: 1_000 };

/**
 * Takes part in a consumer group for as long as the service lives. A membership that breaks (a broker restarts, a
 * connection is lost) is given up as a whole and a new one begins: every message after the committed offsets comes
 * again.
 */
export function joinForLife(subscription: Subscription, { log, metrics }: Runtime): { close(): Promise<void> } {
  const { group, delay = retryDelay } = subscription;
  const lag = new Gauge({
    name: "kafka_consumer_lag",
    help: "Messages of this member's partitions that are not dealt with",
    labelNames: ["group", "topic", "partition"],
    registers: [metrics.registry],
  });
  const stop = new AbortController();

  async function run(): Promise<void> {
    const outage = createOutage(log, `kafka consumer lost ${group}, joining again`);
    while (!stop.signal.aborted) {
      const client = subscription.newClient();
      const failures = await membership(client, subscription, stop.signal, { log, lag, wellBeing: outage.over }).then(
        () => 0,
        (error) => (stop.signal.aborted ? 0 : outage.failed(error)),
      );
      lag.reset();
      await atMost(timing.leave, client.close(true)).catch(() => {});
      if (failures > 0) await sleep(delay(failures), undefined, { signal: stop.signal }).catch(() => {});
    }
  }

  const finished = run();
  return {
    async close() {
      stop.abort();
      await finished;
    },
  };
}

interface Report {
  readonly log: Runtime["log"];
  readonly lag: Gauge<"group" | "topic" | "partition">;
  /** Called now and then while all is well. */
  readonly wellBeing: () => void;
}

/** One membership: ends when told to stop, and rejects when it broke. */
async function membership(
  client: GroupClient,
  { group, topics, deal, delay = retryDelay }: Subscription,
  stop: AbortSignal,
  { log, lag, wellBeing }: Report,
): Promise<void> {
  const fault = new AbortController();
  const ended = AbortSignal.any([stop, fault.signal]);
  let generation = new AbortController();
  client.on("consumer:group:join", () => {
    generation.abort();
    log.info({ group, generation: client.generationId }, "kafka consumer connected, group joined");
  });
  client.on("error", () => void join(client, ended, delay).catch((error: unknown) => fault.abort(error)));
  client.on("consumer:heartbeat:stalled", () => fault.abort(new Error("no heartbeat was answered")));
  client.on("consumer:lag", (offsets) => {
    wellBeing();
    lag.reset();
    for (const [topic, partitions] of offsets) {
      for (const [partition, behind] of partitions.entries())
        if (behind >= 0n) lag.set({ group, topic, partition }, Number(behind));
    }
  });
  // The subscription outlives each generation's stream; otherwise every new stream would make the whole group join
  // again.
  for (const topic of topics) client.topics.track(topic);
  await join(client, ended, delay);
  client.startLagMonitoring({ topics: [...topics] }, timing.lag);
  while (!ended.aborted) {
    generation = new AbortController();
    await consumeGeneration(client, topics, deal, AbortSignal.any([ended, generation.signal]));
  }
  fault.signal.throwIfAborted();
}

async function join(client: GroupClient, ended: AbortSignal, delay: (failures: number) => number): Promise<void> {
  const told = new Promise<never>((_, reject) =>
    ended.addEventListener("abort", () => reject(ended.reason), { once: true }),
  );
  for (let attempt = 1; ; attempt += 1) {
    ended.throwIfAborted();
    try {
      await Promise.race([client.joinGroup({}), told]);
      return;
    } catch (error) {
      if (attempt === joinAttempts || !wasRebalanced(error)) throw error;
      await sleep(delay(attempt), undefined, { signal: ended });
    }
  }
}

/**
 * Deals with messages for as long as the member has the partitions it has now. A rebalance ends this: the stream and
 * what it holds are thrown away, because another member may be dealing with it already, and nothing more is committed.
 */
async function consumeGeneration(
  client: GroupClient,
  topics: readonly string[],
  deal: Deal,
  over: AbortSignal,
): Promise<void> {
  const { generationId } = client;
  const dealtWith = new Map<string, { topic: string; partition: number; offset: bigint; leaderEpoch: number }>();
  let uncommitted = 0;
  const commit = async () => {
    const offsets = [...dealtWith.values()];
    dealtWith.clear();
    uncommitted = 0;
    if (offsets.length > 0 && client.generationId === generationId)
      await client.commit({ offsets }).catch(ignoreRebalance);
  };
  const stream = await client.consume({
    topics: [...topics],
    autocommit: false,
    mode: "committed",
    fallbackMode: "earliest",
    maxWaitTime: timing.fetch,
    highWaterMark: 200,
  });
  const abandon = () => void stream.destroy();
  over.addEventListener("abort", abandon, { once: true });
  if (over.aborted) abandon();
  try {
    for await (const message of stream) {
      await deal(message, over);
      const { topic, partition, offset, leaderEpoch } = message;
      dealtWith.set(`${topic}:${partition}`, { topic, partition, offset: offset + 1n, leaderEpoch });
      uncommitted += 1;
      if (over.aborted) break;
      if (uncommitted >= uncommittedLimit || stream.readableLength === 0) await commit();
    }
  } catch (error) {
    if (!over.aborted) throw error;
  } finally {
    over.removeEventListener("abort", abandon);
    stream.destroy();
    await commit();
  }
}

/** Others dealt the partitions out anew: their next owner gets the messages again and finds them applied. */
function ignoreRebalance(error: unknown): void {
  if (!wasRebalanced(error)) throw error;
}

const wasRebalanced = (error: unknown): boolean =>
  error instanceof Error && findErrorBy(error, "needsRejoin", true) !== null;
