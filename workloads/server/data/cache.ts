import type { Redis } from "ioredis";
import { Counter } from "prom-client";
import { reasonOf } from "../reason.ts";
import type { Runtime } from "../role.ts";

export interface Cached<T> {
  readonly value: T;
  readonly hit: boolean;
}

export interface Cache {
  /** The value kept under a key, or the computed one, which is then kept if `worthKeeping` agrees. */
  through<T>(key: string, compute: () => Promise<T>, worthKeeping: (value: T) => boolean): Promise<Cached<T>>;
}

/**
 * A cache in Redis that can only help: when Redis fails, values are computed and nothing is kept.
 * `cache_requests_total` counts hits, misses, and requests that had to go round it.
 */
export function createCache(redis: Pick<Redis, "get" | "set">, ttlSeconds: number, { log, metrics }: Runtime): Cache {
  const requests = new Counter({
    name: "cache_requests_total",
    help: "Look-ups in the cache",
    labelNames: ["result"] as const,
    registers: [metrics.registry],
  });
  for (const result of ["hit", "miss", "bypass"]) requests.inc({ result }, 0);

  async function look(key: string): Promise<{ value: unknown } | "miss" | "bypass"> {
    try {
      const text = await redis.get(key);
      return text === null ? "miss" : { value: JSON.parse(text) };
    } catch (error) {
      log.debug({ key, reason: reasonOf(error) }, "cache not read");
      // What is not JSON was not written here and may be replaced.
      return error instanceof SyntaxError ? "miss" : "bypass";
    }
  }

  return {
    async through<T>(key: string, compute: () => Promise<T>, worthKeeping: (value: T) => boolean) {
      const found = await look(key);
      if (typeof found === "object") {
        requests.inc({ result: "hit" });
        return { value: found.value as T, hit: true };
      }
      requests.inc({ result: found });
      const value = await compute();
      if (found === "miss" && worthKeeping(value)) {
        await redis
          .set(key, JSON.stringify(value), "EX", ttlSeconds)
          .catch((error: unknown) => log.debug({ key, reason: reasonOf(error) }, "cache not written"));
      }
      return { value, hit: false };
    },
  };
}
