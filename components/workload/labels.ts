/** Labels and annotations the stack and its policies agree on. */

/** On a CronJob: the name of the data store (StatefulSet) whose data it copies and verifies (X07). */
export const backupOf = "production-platform/backup-of";
/** On a workload: which kind of data it holds, so that policies know what to ask of it. */
export const dataStore = "production-platform/data-store";
/** Values of {@link dataStore}. `redis-cache` may lose its data; every other store needs a backup. */
export type DataStoreKind = "postgres" | "mysql" | "kafka" | "redis-state" | "redis-cache";
/**
 * On a Namespace: what the stack is for, `development` or `production`; only the former may run the contract server
 * (B19).
 */
export const purpose = "production-platform/purpose";
/** On a Namespace: the stack that made it. */
export const ofStack = "production-platform/stack";
/** On a Namespace: whether its stack guards the data in it (`retainData`), `true` or `false`. */
export const retained = "production-platform/retain-data";

/** On any object, followed by a rule's id: `reason; until=YYYY-MM-DD` (X09). */
export const exceptionPrefix = "production-platform/exception.";
