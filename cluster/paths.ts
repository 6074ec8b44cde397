import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = (own: string, xdg: string, fallback: string) =>
  process.env[own] ?? join(process.env[xdg] ?? join(homedir(), fallback), "production-platform");

/** Go modules of the toolchain, in the checkout. */
export const modulesFolder = join(dirname(fileURLToPath(import.meta.url)), "modules");
/** Built programs and images, by the hash of what they are built from. Set PLATFORM_CACHE to move it. */
export const cacheFolder = folder("PLATFORM_CACHE", "XDG_CACHE_HOME", ".cache");
/** The local cluster: one a machine, whatever the number of checkouts. Set PLATFORM_STATE to move it. */
export const clusterFolder = join(folder("PLATFORM_STATE", "XDG_STATE_HOME", ".local/state"), "cluster");
