import { setTimeout as sleep } from "node:timers/promises";
import type { Message } from "@platformatic/kafka";
import { DatabaseError } from "pg";
import { Counter } from "prom-client";
import type { Publisher } from "../data/kafka.ts";
import { retryDelay } from "../data/redis.ts";
import { HttpProblem } from "../http/problem.ts";
import { reasonOf } from "../reason.ts";
import type { Runtime } from "../role.ts";
import { deadLetterTopic, parseEvent, type SagaEvent } from "./events.ts";
import type { Deal } from "./group-member.ts";

/** Failures of its own making after which a message goes to the dead-letter topic. */
export const maxAttempts = 5;

/**
 * Whether trying again can help: the database is away, or other transactions were in the way (SQLSTATE classes 40 and
 * 55). Every other failure is the message's own.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof HttpProblem) return error.status === 503;
  return error instanceof DatabaseError && /^(40|55)/.test(error.code ?? "");
}

export interface Delivery {
  readonly group: string;
  readonly topics: readonly string[];
  readonly publish: Publisher["publish"];
  /** Applies an event; may be called again with the same one. */
  readonly handle: (event: SagaEvent) => Promise<unknown>;
  /** Waits in ms; rejects when the signal fires. */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Deals with each message until it is applied or buried. An outage is waited out, however long it takes, and nothing is
 * skipped meanwhile; a message that cannot be read, or that fails `maxAttempts` times by itself, is moved to its
 * topic's
 * dead-letter topic with the place it came from and the reason, and counted in `dead_letters_total`.
 */
export function createDelivery(
  {
    group,
    topics,
    publish,
    handle,
    wait = (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
  }: Delivery,
  { log, metrics }: Runtime,
): Deal {
  const deadLetters = new Counter({
    name: "dead_letters_total",
    help: "Messages moved to a dead-letter topic",
    labelNames: ["topic"] as const,
    registers: [metrics.registry],
  });
  for (const topic of topics) deadLetters.inc({ topic: deadLetterTopic(topic) }, 0);

  async function bury(message: Message, reason: string, signal: AbortSignal): Promise<void> {
    const topic = deadLetterTopic(message.topic);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await publish([
          { topic, key: message.key, value: message.value, headers: burialHeaders(message, group, reason) },
        ]);
        deadLetters.inc({ topic });
        log.error({ ...place(message), deadLetterTopic: topic, reason }, "message moved to the dead-letter topic");
        return;
      } catch (error) {
        log.warn(
          { ...place(message), reason: reasonOf(error), attempt },
          "dead-letter topic not reached, trying again",
        );
        await wait(retryDelay(attempt), signal);
      }
    }
  }

  return async (message, signal) => {
    const { value: event, faults } = parseEvent(message.value);
    if (!event) return bury(message, faults.map(({ path, message: fault }) => `${path}: ${fault}`).join("; "), signal);
    for (let attempt = 1, failures = 0; ; attempt += 1) {
      try {
        await handle(event);
        return;
      } catch (error) {
        const transient = isTransient(error);
        if (!transient) failures += 1;
        log.warn(
          { ...place(message), type: event.type, orderId: event.orderId, reason: reasonOf(error), transient, attempt },
          "event not applied",
        );
        if (failures === maxAttempts) return bury(message, reasonOf(error), signal);
        await wait(retryDelay(attempt), signal);
      }
    }
  };
}

const place = ({ topic, partition, offset }: Message) => ({ topic, partition, offset: String(offset) });

/** What the message came with, and where it came from. */
export function burialHeaders(message: Message, group: string, reason: string): Map<string, string> {
  return new Map([
    ...message.headerEntries.map(([name, value]) => [String(name), String(value)] as const),
    ["x-original-topic", message.topic],
    ["x-original-partition", String(message.partition)],
    ["x-original-offset", String(message.offset)],
    ["x-original-error", reason.slice(0, 1_000)],
    ["x-consumer-group", group],
  ]);
}
