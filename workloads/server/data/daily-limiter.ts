import type { Redis } from "ioredis";
import { Counter } from "prom-client";
import { reasonOf } from "../reason.ts";
import type { Runtime } from "../role.ts";

/** What is left of a client's day. */
export interface Quota {
  readonly limit: number;
  readonly remaining: number;
  /** When the next day begins, in seconds since 1970. */
  readonly reset: number;
  readonly allowed: boolean;
}

export interface DailyLimiter {
  /** Counts a request. */
  take(client: string): Promise<Quota>;
  /** Looks without counting. */
  peek(client: string): Promise<Quota>;
  /** Gives a counted request back, because the server failed and not the client. */
  giveBack(client: string): Promise<Quota>;
}

const secondsPerDay = 86_400;

/** The next midnight in UTC, in seconds since 1970. */
export const nextMidnight = (now: Date): number =>
  (Math.floor(now.getTime() / 1000 / secondsPerDay) + 1) * secondsPerDay;

/** The counter of a client's day in UTC. */
export const limiterKey = (prefix: string, client: string, now: Date): string =>
  `${prefix}:${client}:${now.toISOString().slice(0, 10)}`;

/** The quota after `used` requests of which the last is the one asked about. */
export function quotaAfter(used: number, limit: number, now: Date): Quota {
  return {
    limit,
    remaining: Math.min(limit, Math.max(0, limit - used)),
    reset: nextMidnight(now),
    allowed: used <= limit,
  };
}

/**
 * Limits requests of a client in a UTC day, with the counters in Redis. Each change and its expiry are one transaction,
 * so that no counter stays for ever.
 *
 * Fails open: while Redis is away every request is allowed, logged as a warning and counted in
 * `rate_limit_bypassed_total`. The limit is a commercial one, and an API that is down for everybody costs more than a
 * few free answers.
 */
export function createDailyLimiter(
  redis: Pick<Redis, "get" | "multi">,
  {
    prefix,
    limit,
    now = () => new Date(),
  }: { readonly prefix: string; readonly limit: number; readonly now?: () => Date },
  { log, metrics }: Runtime,
): DailyLimiter {
  const registers = [metrics.registry];
  const rejections = new Counter({
    name: "rate_limit_rejections_total",
    help: "Requests beyond a client's quota",
    registers,
  });
  const bypassed = new Counter({
    name: "rate_limit_bypassed_total",
    help: "Requests allowed uncounted because Redis was away",
    registers,
  });

  async function change(client: string, by: 1 | -1): Promise<Quota> {
    const at = now();
    const key = limiterKey(prefix, client, at);
    const results = await redis.multi().incrby(key, by).expireat(key, nextMidnight(at)).exec();
    const [error, used] = results?.[0] ?? [new Error("Redis discarded the transaction"), 0];
    if (error) throw error;
    return quotaAfter(Number(used), limit, at);
  }

  return {
    async take(client) {
      const quota = await change(client, 1).catch((error: unknown) => {
        bypassed.inc();
        log.warn({ reason: reasonOf(error) }, "rate limit not enforced: Redis is away");
        return quotaAfter(0, limit, now());
      });
      if (!quota.allowed) rejections.inc();
      return quota;
    },
    async peek(client) {
      const at = now();
      const used = await redis.get(limiterKey(prefix, client, at)).catch(() => null);
      return quotaAfter(Number(used ?? 0), limit, at);
    },
    giveBack: (client) => change(client, -1).catch(() => quotaAfter(0, limit, now())),
  };
}
