import type { CircuitBreaker } from "./circuit-breaker.ts";

/** Milliseconds that an answer may take. A write has no fallback, so it is waited for longer. */
const timeouts = { read: 1_000, write: 5_000 };

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Another service behind its circuit breaker. Rejects when it does not answer, answers 5xx, or its circuit is open. */
export interface Downstream {
  get(path: string): Promise<Answer>;
  post(path: string, body: string): Promise<Answer>;
}

export function createDownstream(baseUrl: string, breaker: CircuitBreaker, request: typeof fetch = fetch): Downstream {
  const send = (path: string, init: RequestInit): Promise<Answer> =>
    breaker.call(async () => {
      const response = await request(`${baseUrl}${path}`, init);
      const text = await response.text();
      if (response.status >= 500) throw new Error(`answers ${response.status}`);
      return { status: response.status, body: JSON.parse(text) };
    });
  return {
    get: (path) => send(path, { signal: AbortSignal.timeout(timeouts.read) }),
    post: (path, body) =>
      send(path, {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
        signal: AbortSignal.timeout(timeouts.write),
      }),
  };
}
