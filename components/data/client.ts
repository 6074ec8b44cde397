import type { Mount } from "../workload/container.ts";

/** What a program needs to reach a data store: environment, mounted credentials, and annotations to roll with them. */
export interface Client {
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly annotations: Readonly<Record<string, string>>;
}
