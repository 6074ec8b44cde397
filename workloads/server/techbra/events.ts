import { randomUUID } from "node:crypto";
import * as z from "zod";
import { parseJson, type Parsed } from "../http/body.ts";

/** The topics of the saga (T01). */
export const topics = { orders: "order.events", billing: "billing.events" } as const;

/** Where messages of a topic go that cannot be handled (T01, T13). */
export const deadLetterTopic = (topic: string): string => `${topic}.dlq`;

/** One product of an order. Each product stands once in an order. */
export const item = z.object({
  sku: z
    .string({ error: "expected a product code" })
    .regex(/^[A-Za-z0-9._-]{1,64}$/, { error: "expected 1 to 64 letters, digits, dots, hyphens or underscores" }),
  quantity: z
    .int({ error: "expected a whole number from 1 to 10000" })
    .min(1, { error: "expected a whole number from 1 to 10000" })
    .max(10_000, { error: "expected a whole number from 1 to 10000" }),
});

export type Item = z.output<typeof item>;

/** An amount of money that fits the tables, in cents. */
export const cents = z
  .int({ error: "expected a whole number of cents" })
  .min(0, { error: "expected 0 or more cents" })
  .max(2_000_000_000, { error: "expected at most 2000000000 cents" });

const envelope = {
  /** Names the message: the same in every copy of it. */
  id: z.uuid(),
  orderId: z.uuid(),
  /**
   * Attempt to pay for the order, from 1. A retry of a payment begins the next round, and what belongs to an earlier
   * one is stale.
   */
  round: z.int().min(1),
  occurredAt: z.iso.datetime(),
};

const event = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("OrderCreated"),
    ...envelope,
    customerId: z.string(),
    amountCents: cents,
    items: z.array(item).min(1),
  }),
  z.object({ type: z.literal("StockReserved"), ...envelope, amountCents: cents }),
  z.object({ type: z.literal("StockRejected"), ...envelope, amountCents: cents, reason: z.string() }),
  z.object({ type: z.literal("PaymentRetryRequested"), ...envelope }),
  z.object({ type: z.literal("PaymentCompleted"), ...envelope, amountCents: cents }),
  z.object({ type: z.literal("PaymentFailed"), ...envelope, reason: z.string() }),
]);

export type SagaEvent = z.output<typeof event>;
export type EventType = SagaEvent["type"];
export type EventOf<Type extends EventType> = Extract<SagaEvent, { type: Type }>;

const topicOfType: Readonly<Record<EventType, string>> = {
  OrderCreated: topics.orders,
  StockReserved: topics.orders,
  StockRejected: topics.orders,
  PaymentRetryRequested: topics.billing,
  PaymentCompleted: topics.billing,
  PaymentFailed: topics.billing,
};

/** The topic that an event is published to. */
export const topicOf = ({ type }: Pick<SagaEvent, "type">): string => topicOfType[type];

/** A new event with its own id. */
export const newEvent = <Type extends EventType>(
  type: Type,
  data: Omit<EventOf<Type>, "type" | "id" | "occurredAt">,
): EventOf<Type> =>
  ({ type, id: randomUUID(), occurredAt: new Date().toISOString(), ...data }) as unknown as EventOf<Type>;

/** The event in a message, or why there is none. */
export const parseEvent = (value: Buffer | undefined): Parsed<SagaEvent> =>
  parseJson(value?.toString("utf8") ?? "", event);

/** Two facts that cannot both be true: a program or a person broke the protocol, and no waiting will mend it. */
export class Contradiction extends Error {}
