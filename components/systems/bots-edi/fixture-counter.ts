import { fileURLToPath } from "node:url";
import type * as pulumi from "@pulumi/pulumi";
import { ContentMap } from "../../capabilities/content-map.ts";
import { scripts } from "../../capabilities/scripts.ts";
import { images } from "../../images.ts";
import type { ContainerArgs, Mount } from "../../workload/container.ts";

/** The sources themselves: Node.js runs TypeScript, and these two ask for no library. */
const sources = () =>
  scripts(fileURLToPath(new URL("../../../workloads/server/edi/", import.meta.url)), /^(count-)?fixture\.ts$/);

/**
 * The container that reads a copy's fixture to its end and writes down how many records of each model it holds (E10).
 */
export function fixtureCounter(
  name: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  options: pulumi.ComponentResourceOptions,
) {
  const map = new ContentMap(
    name,
    { namespace, labels, files: { ...sources(), "package.json": '{ "type": "module" }\n' } },
    options,
  );
  return (copies: Mount, env: Readonly<Record<string, string>>): ContainerArgs => ({
    name: "count",
    image: images.node,
    command: ["node", "/counter/count-fixture.ts"],
    env,
    // For one record at a time, and none is larger than the server's packet of 64 MiB.
    resources: { cpu: { request: "50m", limit: "1" }, memory: { request: "64Mi", limit: "512Mi" } },
    mounts: [{ path: "/counter", configMap: map.mapName }, { path: "/tmp", scratch: "16Mi" }, copies],
  });
}
