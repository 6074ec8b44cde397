import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "../shell.ts";
import { addresses, files } from "./settings.ts";

/** The host's end of a pod's link, and the pod's address. */
export interface PodLink {
  readonly link: string;
  readonly address: string;
}

/** Host ends of pods' links: those that a route into the pods' range leads to. */
export async function podLinks(): Promise<PodLink[]> {
  if (process.platform !== "linux") return [];
  const routes = JSON.parse(await run("ip", ["-json", "route", "show"])) as { dst: string; dev: string }[];
  const range = `${addresses.pods.split(".").slice(0, 2).join(".")}.`;
  return routes
    .filter(({ dst, dev }) => dst.startsWith(range) && dev.startsWith("veth"))
    .map(({ dst, dev }) => ({ link: dev, address: dst }));
}

/**
 * Removes the links of pods that this cluster has given no address: a local cluster whose processes were killed leaves
 * them, and their routes would
 * take the packets for new pods with the same addresses.
 */
export async function removeStaleLinks(): Promise<void> {
  const given = join(files.cni, "data", "platform");
  const ours = new Set(existsSync(given) ? readdirSync(given) : []);
  for (const { link, address } of await podLinks()) if (!ours.has(address)) await run("ip", ["link", "delete", link]);
}
