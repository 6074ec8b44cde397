import type { Severity } from "./alert.ts";

/** Bots EDI's scale: the first level of its escalation answers a page. BGC and the gateway name none and use it. */
export const twoLevels = {
  critical: { level: "critical", response: "within 15 minutes", notify: "page" },
  warning: { level: "warning", response: "within a working day", notify: "message" },
} as const satisfies Record<string, Severity>;

/** The platform service's scale (P14). */
export const p0ToP3 = {
  P0: { level: "P0", response: "immediately", notify: "page" },
  P1: { level: "P1", response: "within 30 minutes", notify: "page" },
  P2: { level: "P2", response: "within 2 hours", notify: "message" },
  P3: { level: "P3", response: "within 24 hours", notify: "ticket" },
} as const satisfies Record<string, Severity>;

/** The shop's scale (T14). */
export const p1ToP4 = {
  P1: { level: "P1", response: "immediately", notify: "page" },
  P2: { level: "P2", response: "immediately", notify: "page" },
  P3: { level: "P3", response: "within 2 hours", notify: "message" },
  P4: { level: "P4", response: "in the next sprint", notify: "ticket" },
} as const satisfies Record<string, Severity>;
