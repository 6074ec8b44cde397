import type { Severity } from "./alert.ts";

/** A system, and how bad it is where something of it fails. */
export interface Where {
  readonly system: string;
  readonly namespace: string;
  readonly severity: Severity;
}

/** PromQL's `namespace` matcher. */
export const within = (namespace: string) => `namespace="${namespace}"`;
