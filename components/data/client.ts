import type { Mount } from "../workload/container.ts";

/** What a program needs to reach a data store: environment, mounted credentials, and annotations to roll with them. */
export interface Client {
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** What a program needs that uses several stores. A later client's value takes the place of an earlier one's. */
export const joined = (clients: readonly Client[]): Client => ({
  env: Object.assign({}, ...clients.map(({ env }) => env)) as Client["env"],
  mounts: clients.flatMap(({ mounts }) => mounts),
  annotations: Object.assign({}, ...clients.map(({ annotations }) => annotations)) as Client["annotations"],
});
