import { fileURLToPath } from "node:url";
import type * as pulumi from "@pulumi/pulumi";
import { ContentMap, contentHash } from "../../capabilities/content-map.ts";
import { scripts } from "../../capabilities/scripts.ts";
import { images } from "../../images.ts";
import { Job } from "../../workload/job.ts";
import type { Client } from "../client.ts";
import type { RedisRole } from "./redis.ts";

interface CheckArgs {
  readonly namespace: pulumi.Input<string>;
  readonly client: Client;
  readonly role: RedisRole["role"];
}

/** The sources themselves: Node.js runs TypeScript, and these two ask for no library. */
const sources = () =>
  scripts(fileURLToPath(new URL("../../../workloads/server/data/", import.meta.url)), /^(redis-check|tls)\.ts$/);

/**
 * Logs in to an external Redis before anything of the system uses it, and reads what the stack cannot set: a state
 * store must not evict keys
 * without an expiry (G03, G04). An update ends with what is wrong in one sentence.
 */
export function redisCheck(
  name: string,
  { namespace, client, role }: CheckArgs,
  options: pulumi.ComponentResourceOptions,
): Job {
  const map = new ContentMap(
    name,
    { namespace, labels: { app: name }, files: { ...sources(), "package.json": '{ "type": "module" }\n' } },
    options,
  );
  return new Job(
    name,
    {
      jobName: `${name}-${contentHash(map.mapName, client.env, role)}`,
      namespace,
      labels: { app: name },
      identity: { uid: 1000, gid: 1000 },
      deadline: "15m",
      containers: [
        {
          name,
          image: images.node,
          command: ["node", "/check/redis-check.ts"],
          env: { ...client.env, REDIS_ROLE: role },
          resources: { cpu: { request: "20m", limit: "500m" }, memory: { request: "64Mi", limit: "128Mi" } },
          mounts: [{ path: "/check", configMap: map.mapName }, { path: "/tmp", scratch: "16Mi" }, ...client.mounts],
        },
      ],
    },
    options,
  );
}
