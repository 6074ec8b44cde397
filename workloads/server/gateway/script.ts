import { createHash } from "node:crypto";
import type { Redis } from "ioredis";

/** Runs a Lua script on one key: all of it or nothing, and alone, however many replicas ask. */
export type Script = (key: string, ...args: (string | number)[]) => Promise<unknown>;

/** A script that Redis keeps by its hash; it is sent again only when Redis has forgotten it. */
export function luaScript(redis: Pick<Redis, "evalsha" | "eval">, source: string): Script {
  const sha = createHash("sha1").update(source).digest("hex");
  return (key, ...args) =>
    redis.evalsha(sha, 1, key, ...args).catch((error: unknown) => {
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      return redis.eval(source, 1, key, ...args);
    });
}

/**
 * Sets `now`, in seconds since 1970 by the clock of Redis: replicas' clocks differ, and a client has none that counts.
 */
export const redisNow = `local time = redis.call("TIME")
local now = time[1] + time[2] / 1000000`;
