import type { Redis } from "ioredis";
import type { Runtime } from "../role.ts";
import { createBypass } from "./bypass.ts";
import { luaScript, redisNow } from "./script.ts";

/** The keys of clients begin with this (G03). */
export const rateLimitPrefix = "api-gateway:rate-limit";

/**
 * How long a full bucket is still there to be looked at, in seconds. A missing bucket is a full one, so nothing is lost
 * with it.
 */
const keptFull = 60;

/**
 * Takes a token from a bucket. ARGV: capacity, tokens per second, seconds a full bucket is kept.
 * Returns: 1 or 0 for allowed, whole tokens left, seconds until the next token, second since 1970 in which the bucket
 * is full.
 *
 * A bucket made for another capacity keeps what was used and not what was left: a raised capacity helps at once, and
 * replicas that differ for the length of a rollout give nothing away. So a lowered one may leave less than no token.
 */
const takeToken = `
local capacity, rate, kept_full = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
${redisNow}
local kept = redis.call("HMGET", KEYS[1], "tokens", "last_refill", "capacity")
local tokens, last, before = tonumber(kept[1] or ""), tonumber(kept[2] or ""), tonumber(kept[3] or "")
if tokens and last and before then
  tokens = math.min(capacity, tokens + capacity - before + math.max(0, now - last) * rate)
else
  tokens = capacity
end
local allowed = tokens >= 1 and 1 or 0
tokens = tokens - allowed
local full = (capacity - tokens) / rate
redis.call("HSET", KEYS[1], "tokens", string.format("%.6f", tokens), "last_refill", string.format("%.6f", now), "capacity", capacity, "refill_rate", rate)
redis.call("HINCRBY", KEYS[1], "rejected", 1 - allowed)
redis.call("EXPIRE", KEYS[1], math.ceil(full) + kept_full)
return { allowed, math.max(0, math.floor(tokens)), math.max(0, math.ceil((1 - tokens) / rate)), math.ceil(now + full) }
`;

/** What is left of a client's bucket. */
export interface Allowance {
  readonly allowed: boolean;
  /** Most requests at once. */
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until there is a token again; 0 while there is one. */
  readonly retryAfter: number;
  /** When the bucket is full again, in seconds since 1970. */
  readonly reset: number;
}

/** Takes a token of a client; undefined when that could not be asked. */
export type RateLimiter = (client: string) => Promise<Allowance | undefined>;

/** A token bucket for each client (G05). */
export interface RateLimit {
  /** Most requests at once. */
  readonly capacity: number;
  /** Tokens that come back each second. */
  readonly refillRate: number;
}

/**
 * Limits requests of each client, over all replicas, with the buckets in Redis.
 *
 * Fails open: while Redis is away every request is allowed and counted in `rate_limit_bypassed_total`. The limit keeps
 * one client from crowding out the others; refusing everybody would be worse than what it prevents.
 */
export function createRateLimiter(
  redis: Pick<Redis, "evalsha" | "eval">,
  { capacity, refillRate }: RateLimit,
  runtime: Runtime,
): RateLimiter {
  const take = luaScript(redis, takeToken);
  const bypass = createBypass(
    {
      name: "rate_limit_bypassed_total",
      help: "Requests allowed uncounted because Redis was away",
      message: "rate limit not enforced",
    },
    runtime,
  );
  return async (client) => {
    try {
      const [allowed, remaining, retryAfter, reset] = (await take(
        `${rateLimitPrefix}:${client}`,
        capacity,
        refillRate,
        keptFull,
      )) as [number, number, number, number];
      bypass.worked();
      return { allowed: allowed === 1, limit: capacity, remaining, retryAfter, reset };
    } catch (error) {
      bypass.failed(error);
      return undefined;
    }
  };
}
