import { z } from "zod";
import { answerOf } from "./api-answer.ts";

/** An alert that Prometheus sees. */
const alert = z.object({
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  state: z.enum(["pending", "firing"]),
  activeAt: z.coerce.date(),
  value: z.string(),
});
export type SeenAlert = z.output<typeof alert>;

/** A rule of an alert as Prometheus has loaded it. */
const rule = z.object({
  name: z.string(),
  labels: z.record(z.string(), z.string()).default({}),
  /** `unknown` until it was evaluated once. */
  health: z.enum(["ok", "err", "unknown"]),
  lastError: z.string().optional(),
  alerts: z.array(alert).default([]),
});
export type SeenRule = z.output<typeof rule>;

const answer = z.object({ data: z.object({ groups: z.array(z.object({ rules: z.array(rule) })) }) });

/**
 * Every rule of an alert that the Prometheus at an address has loaded, with what it sees. Throws where it cannot be
 * asked, with the address and the reason.
 */
export async function alertRules(prometheus: string, signal: AbortSignal): Promise<readonly SeenRule[]> {
  const url = `${prometheus.replace(/\/$/, "")}/api/v1/rules?type=alert`;
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return answer.parse(await response.json()).data.groups.flatMap(({ rules }) => rules);
  } catch (error) {
    const wrong = error instanceof z.ZodError || error instanceof SyntaxError;
    throw new Error(`${url}: ${wrong ? "this is not the answer of a Prometheus" : answerOf(error)}`);
  }
}
