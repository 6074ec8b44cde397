import type { DeclaredKafka, DeclaredStore } from "./stores.ts";
import type { DeclaredVolume } from "./volumes.ts";

interface Declared {
  readonly volume: DeclaredVolume;
  readonly store: DeclaredStore;
  readonly kafka: DeclaredKafka;
}

/** A part of what a system declares, without its namespace. */
export type Part<Kind extends keyof Declared> = Omit<Declared[Kind], "namespace">;

/** All that a running cluster is asked about before a system is declared. */
export interface SystemState {
  readonly volumes: readonly Part<"volume">[];
  readonly stores: readonly Part<"store">[];
  readonly kafkas: readonly Part<"kafka">[];
}

/**
 * Claims that a StatefulSet makes for its pods, which cannot change them. `path` is that of the setting with the size.
 */
export const claimsOfPods = (name: string, path: string, value: string): Part<"volume"> => ({
  claim: `data-${name}`,
  per: "pod",
  grownBy: "patch",
  size: { path, value },
});

/** Claims that an operator makes for its pods. */
export const claimsOfOperator = (claim: string, path: string, value: string): Part<"volume"> => ({
  claim,
  per: "pod",
  grownBy: "claim",
  size: { path, value },
});

/** A claim that the stack makes by name. */
export const namedClaim = (claim: string, path: string, value: string): Part<"volume"> => ({
  claim,
  per: "stack",
  grownBy: "claim",
  size: { path, value },
});
