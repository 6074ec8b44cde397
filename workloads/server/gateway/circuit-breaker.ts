import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { Counter } from "prom-client";
import { HttpProblem } from "../http/problem.ts";
import type { Runtime } from "../role.ts";
import { createBypass } from "./bypass.ts";
import { admitScript, reportScript } from "./circuit-breaker-scripts.ts";
import { luaScript } from "./script.ts";

/** The circuit of all replicas (G03). */
export const circuitKey = "api-gateway:circuit-breaker";

/** The states by the values of the metric `circuit_breaker_state` (G13). */
export const circuitStates = { CLOSED: 1, OPEN: 2, HALF_OPEN: 3 } as const;

export type CircuitState = keyof typeof circuitStates;

/** When the circuit opens and closes (G06). */
export interface CircuitRules {
  /** Failures without a success between them that open it. */
  readonly failureThreshold: number;
  /** How long an open circuit refuses before it is tried, in seconds. */
  readonly resetTimeout: number;
  /** Trials that must succeed to close it. */
  readonly successThreshold: number;
  /** How long a trial may take, in seconds; then another request may try. */
  readonly trialLease: number;
}

/** Leave to ask the upstream. */
export interface Permit {
  /** Tells how it went: why it failed, or nothing. Never rejects. */
  report(failure?: string): Promise<void>;
}

export interface CircuitBreaker {
  /** Throws a 503 with the code `circuit_open` while the upstream must not be asked. */
  admit(): Promise<Permit>;
  /** Rejects when Redis cannot say. An open circuit stays OPEN until a request tries it. */
  state(): Promise<CircuitState>;
}

/**
 * A circuit breaker in Redis, one for all replicas, that outlives their restarts.
 *
 * Passes through while Redis is away, counted in `circuit_breaker_bypassed_total`: then users get what the upstream
 * really
 * answers, and its timeout bounds what a bad one costs. A circuit of each process on its own would refuse users whose
 * replica alone saw failures, and would be one more state that nobody can look at or reset.
 */
export function createCircuitBreaker(
  redis: Pick<Redis, "evalsha" | "eval" | "hget" | "hsetnx">,
  rules: CircuitRules,
  runtime: Runtime,
): CircuitBreaker {
  const [ask, tell] = [luaScript(redis, admitScript), luaScript(redis, reportScript)];
  const registers = [runtime.metrics.registry];
  const bypass = createBypass(
    {
      name: "circuit_breaker_bypassed_total",
      help: "Requests let through, or outcomes not counted, because Redis was away",
      message: "circuit breaker not in force",
    },
    runtime,
  );
  const transitions = new Counter({
    name: "circuit_breaker_transitions_total",
    help: "Changes of the circuit made by this replica",
    labelNames: ["state"] as const,
    registers,
  });
  for (const state of Object.keys(circuitStates)) transitions.inc({ state }, 0);

  function changed(state: CircuitState, failure?: string): void {
    transitions.inc({ state });
    runtime.log[state === "OPEN" ? "warn" : "info"]({ state, ...(failure && { failure }) }, "circuit changed");
  }

  return {
    async admit() {
      const id = randomUUID();
      const answer = (await ask(circuitKey, rules.resetTimeout, rules.trialLease, id).catch(bypass.failed)) as
        | ["pass" | "trial" | "refuse", number, number]
        | undefined;
      // Without a circuit there is nothing to report to: an outcome must not count where its request did not.
      if (!answer) return { report: async () => {} };
      bypass.worked();
      const [verdict, seconds, tried] = answer;
      if (tried === 1) changed("HALF_OPEN");
      if (verdict === "refuse") {
        throw new HttpProblem(503, "circuit_open", "The upstream service fails and is not asked for a while.", {
          headers: { "retry-after": String(seconds) },
        });
      }
      return {
        async report(failure = "") {
          const state = await tell(
            circuitKey,
            rules.failureThreshold,
            rules.successThreshold,
            verdict === "trial" ? id : "",
            failure,
          ).catch(bypass.failed);
          if (state) changed(state as CircuitState, failure);
        },
      };
    },
    async state() {
      const state = await redis.hget(circuitKey, "state");
      // After a reset the key says at once what its absence means, to whoever looks.
      if (state === null) await redis.hsetnx(circuitKey, "state", "CLOSED");
      return state === "OPEN" || state === "HALF_OPEN" ? state : "CLOSED";
    },
  };
}
