import { readFileSync } from "node:fs";
import { images } from "../images.ts";
import type { ContainerArgs } from "../workload/container.ts";

const script = readFileSync(new URL("reachable.sh", import.meta.url), "utf8");

/**
 * A step of a job before a program that has no patience of its own: waits up to 60 s until the server accepts
 * connections, and says why it gave up.
 */
export const reachable = (host: string, port: string): ContainerArgs => ({
  name: "wait-for-database",
  image: images.node,
  command: ["bash", "-c", script],
  env: { HOST: host, PORT: port },
  resources: { cpu: { request: "5m", limit: "100m" }, memory: { request: "16Mi", limit: "64Mi" } },
});
