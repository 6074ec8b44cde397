import { withLock } from "../lock.ts";
import { clusterFolder } from "../paths.ts";
import type { Print } from "../progress.ts";

/** Serializes everything that changes the local cluster. */
export const withClusterLock = <T>(print: Print, work: () => Promise<T>): Promise<T> =>
  withLock(`${clusterFolder}.lock`, print, work);
