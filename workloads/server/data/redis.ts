import { once } from "node:events";
import { Redis } from "ioredis";
import { Gauge } from "prom-client";
import { readSecret, secretFile, whole, word } from "../environment.ts";
import type { Check } from "../http/health.ts";
import { reasonOf } from "../reason.ts";
import type { Runtime } from "../role.ts";
import { refusalOr, type TlsMode, tlsOptions, TlsRefusal, type TlsServer } from "./tls.ts";
import { authoritiesFile, tlsMode } from "./tls-variables.ts";

/** Variables of a role that uses Redis. */
export const redisVariables = {
  REDIS_HOST: word("the Redis server's name"),
  REDIS_PORT: whole(1, 65535, 6379),
  REDIS_PASSWORD_FILE: secretFile.optional(),
  REDIS_USERNAME: word("a user of the server's access list").optional(),
  REDIS_TLS_MODE: tlsMode("disable", "verify-ca", "verify-full"),
  REDIS_TLS_CA: authoritiesFile,
};

/** Values of `redisVariables`. */
export interface RedisEnvironment {
  readonly REDIS_HOST: string;
  readonly REDIS_PORT: number;
  readonly REDIS_PASSWORD_FILE?: string | undefined;
  readonly REDIS_USERNAME?: string | undefined;
  readonly REDIS_TLS_MODE?: TlsMode;
  readonly REDIS_TLS_CA?: string | undefined;
}

/**
 * Milliseconds. A shorter wait for a command would run out in this process alone, where its processor is throttled, and
 * the limiter would let everybody through.
 */
const timing = { connect: 3_000, command: 2_000, firstConnection: 2_000, shortestRetry: 100, longestRetry: 5_000 };

/**
 * Wait before the next attempt to connect, in ms: doubles up to a limit, with a part left to chance so that replicas
 * spread.
 */
export function retryDelay(attempt: number, chance = Math.random()): number {
  const full = Math.min(timing.shortestRetry * 2 ** Math.min(attempt - 1, 16), timing.longestRetry);
  return Math.round(full * (0.5 + chance / 2));
}

export interface RedisConnection {
  readonly redis: Redis;
  readonly check: Check;
  close(): Promise<void>;
}

/**
 * Connects, and connects again for as long as the process lives. While there is no connection every command fails at
 * once: a cache that is waited for is worse than none. Resolves after the first attempt, at the latest after two
 * seconds;
 * a server that comes later is found then.
 */
export async function connectRedis(environment: RedisEnvironment, { log, metrics }: Runtime): Promise<RedisConnection> {
  const address = { host: environment.REDIS_HOST, port: environment.REDIS_PORT };
  const password = environment.REDIS_PASSWORD_FILE && readSecret(environment.REDIS_PASSWORD_FILE);
  const server: TlsServer = {
    product: "Redis",
    ...address,
    mode: environment.REDIS_TLS_MODE ?? "disable",
    authorities: environment.REDIS_TLS_CA,
  };
  const tls = tlsOptions(server);
  const redis = new Redis({
    ...address,
    ...(environment.REDIS_USERNAME && { username: environment.REDIS_USERNAME }),
    ...(password && { password }),
    ...(tls && { tls }),
    connectTimeout: timing.connect,
    commandTimeout: timing.command,
    // A server that hangs without closing the connection is left as soon as one command got no answer.
    socketTimeout: timing.command,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => retryDelay(attempt),
  });
  // Commands say only that there is no connection: why there is none has to be kept for the check.
  let refusal: TlsRefusal | undefined;
  redis.on("error", (error) => {
    const reason = refusalOr(error, server);
    refusal = reason instanceof TlsRefusal ? reason : undefined;
  });
  report(redis, server, log);
  new Gauge({
    name: "redis_connected",
    help: "1 while there is a connection to Redis",
    registers: [metrics.registry],
    collect() {
      this.set(redis.status === "ready" ? 1 : 0);
    },
  });
  await once(redis, "ready", { signal: AbortSignal.timeout(timing.firstConnection) }).catch(() =>
    log.warn(address, "starting without Redis"),
  );
  return {
    redis,
    check: {
      name: "redis",
      need: "optional",
      run: () =>
        redis.ping().then(
          () => "connected",
          (error: unknown) => {
            throw refusal ?? error;
          },
        ),
    },
    // A client without a connection has nobody to say goodbye to.
    close: async () => void (redis.status === "ready" ? await redis.quit() : redis.disconnect()),
  };
}

/** Says when the connection comes and goes, and each reason once, not at every attempt. */
function report(redis: Redis, server: TlsServer, log: Runtime["log"]): void {
  const address = { host: server.host, port: server.port };
  let connected = false;
  let lastReason = "";
  redis.on("ready", () => {
    connected = true;
    lastReason = "";
    log.info(address, "Redis connected");
  });
  redis.on("close", () => {
    if (connected) log.warn(address, "Redis connection lost");
    connected = false;
  });
  redis.on("error", (error) => {
    const reason = reasonOf(refusalOr(error, server));
    if (reason !== lastReason) log.warn({ ...address, reason }, "Redis cannot be reached");
    lastReason = reason;
  });
}
