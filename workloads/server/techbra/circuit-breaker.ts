import { Gauge } from "prom-client";
import type { Runtime } from "../role.ts";

export interface BreakerSettings {
  /** Share of failed calls, in percent, at which the circuit opens. */
  readonly failureRateThreshold: number;
  /** The last calls that count; nothing is decided before there are as many. */
  readonly slidingWindowSize: number;
  /** How long an open circuit refuses calls, in ms. */
  readonly waitMilliseconds: number;
}

/** Calls that a half-open circuit lets through to find out, unless the window is smaller. */
const trialCalls = 3;

/** As a metric shows them. */
const stateNumbers = { closed: 1, open: 2, "half-open": 3 } as const;

export type BreakerState = keyof typeof stateNumbers;

/** A call that was not made because the circuit is open. */
export class CircuitOpen extends Error {}

export interface CircuitBreaker {
  readonly state: () => BreakerState;
  /** Makes the call, or rejects with CircuitOpen. */
  call<T>(action: () => Promise<T>): Promise<T>;
}

/** A circuit breaker over the last calls to one downstream, in this process (T13). */
export function createBreaker(
  name: string,
  settings: BreakerSettings,
  log: Runtime["log"],
  now = Date.now,
): CircuitBreaker {
  let state: BreakerState = "closed";
  /** Of the calls that count in this state: whether each failed. */
  let failed: boolean[] = [];
  let openUntil = 0;
  let trials = 0;
  /** What began in an earlier state says nothing about this one. */
  let epoch = 0;

  function become(next: BreakerState): void {
    log[next === "open" ? "warn" : "info"]({ downstream: name, from: state, to: next }, "circuit breaker changed");
    state = next;
    failed = [];
    trials = 0;
    epoch += 1;
    if (next === "open") openUntil = now() + settings.waitMilliseconds;
  }

  function admit(): void {
    if (state === "open" && now() >= openUntil) become("half-open");
    const full = state === "half-open" && trials >= Math.min(trialCalls, settings.slidingWindowSize);
    if (state === "open" || full) throw new CircuitOpen(`the circuit to ${name} is open`);
    if (state === "half-open") trials += 1;
  }

  function count(callFailed: boolean): void {
    const size = state === "half-open" ? Math.min(trialCalls, settings.slidingWindowSize) : settings.slidingWindowSize;
    failed = [...failed, callFailed].slice(-size);
    if (failed.length < size) return;
    const rate = (100 * failed.filter(Boolean).length) / size;
    if (rate >= settings.failureRateThreshold) become("open");
    else if (state === "half-open") become("closed");
  }

  return {
    state: () => state,
    async call(action) {
      admit();
      const begun = epoch;
      try {
        const result = await action();
        if (begun === epoch) count(false);
        return result;
      } catch (error) {
        if (begun === epoch) count(true);
        throw error;
      }
    },
  };
}

/** `circuit_breaker_state` by downstream: 1 closed, 2 open, 3 half-open. */
export function watchBreakers(
  breakers: Readonly<Record<string, CircuitBreaker>>,
  { metrics }: Pick<Runtime, "metrics">,
): void {
  new Gauge({
    name: "circuit_breaker_state",
    help: "1 closed, 2 open, 3 half-open",
    labelNames: ["downstream"],
    registers: [metrics.registry],
    collect() {
      for (const [downstream, { state }] of Object.entries(breakers)) this.set({ downstream }, stateNumbers[state()]);
    },
  });
}
