import * as pulumi from "@pulumi/pulumi";
import { Credential } from "../../capabilities/credential.ts";
import { images } from "../../images.ts";
import type { Client } from "../client.ts";
import type { ContainerArgs, Resources } from "../../workload/container.ts";
import type { Excepted } from "../../workload/exceptions.ts";
import { dataStore, type DataStoreKind } from "../../workload/labels.ts";
import type { Probes } from "../../workload/probes.ts";
import { bytes, type Size } from "../../workload/units.ts";
import { type Controller, Workload } from "../../workload/workload.ts";

/** The runbook's numbers; each can be changed per stack. */
export const redisDefaults = {
  port: 6379,
  /** B06. */
  maxMemory: "512Mi",
  /** B06. */
  eviction: "allkeys-lru",
  /** B06: a container needs half as much again as its data for buffers and copy-on-write. */
  memoryHeadroom: 1.5,
  cpu: { request: "50m", limit: "1" },
} as const;

/** UID and GID of the user `redis` in the upstream Debian images. */
export const redisIdentity = { uid: 999, gid: 999 };

/**
 * What a Redis is for. A cache may drop any key and keeps nothing over a restart; a state store drops none that has no
 * expiry and writes every change to its volume (G03, G04). Only the fields of the role exist.
 */
export type RedisRole =
  | { readonly role: "cache"; readonly maxMemory?: Size; readonly eviction?: "allkeys-lru" | "allkeys-lfu" }
  | {
      readonly role: "state";
      readonly maxMemory?: Size;
      readonly eviction?: "noeviction" | "volatile-ttl";
      readonly persistence: { readonly storage: Size; readonly storageClass?: string };
      readonly retainData: boolean;
    };

export type RedisArgs = RedisRole &
  Excepted & {
    readonly namespace: pulumi.Input<string>;
    readonly serviceName: string;
    readonly labels: Readonly<Record<string, string>> & { readonly app: string };
    /** @default maxMemory x 1.5 as the limit, a quarter of maxMemory as the request */
    readonly resources?: Resources;
    /** Raised by one to rotate the password. @default 1 */
    readonly rotation?: number;
  };

/** A Redis server in one of two roles, behind a password. */
export class Redis extends pulumi.ComponentResource {
  readonly workload: Workload;
  /** What a client needs to reach it. */
  readonly client: Client;

  constructor(name: string, args: RedisArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:data:Redis", name, {}, options);
    const { namespace, labels, serviceName } = args;
    const parent = { parent: this };
    const kind: DataStoreKind = args.role === "cache" ? "redis-cache" : "redis-state";
    const credential = new Credential(
      `${serviceName}-auth`,
      {
        namespace,
        labels,
        protect: args.role === "state" && args.retainData,
        ...(args.rotation && { rotation: args.rotation }),
        content: (password) => ({ password, "auth.conf": pulumi.interpolate`requirepass ${password}\n` }),
      },
      parent,
    );
    this.workload = new Workload(
      name,
      {
        namespace,
        labels,
        controllerLabels: { [dataStore]: kind },
        controller: controller(args),
        replicas: { fixed: 1 },
        identity: redisIdentity,
        annotations: credential.generation,
        exceptions: args.exceptions,
        terminationGracePeriod: "60s",
        containers: [server(args, credential.secretName)],
        service: { name: serviceName, ports: { [redisDefaults.port]: "redis" } },
      },
      { ...parent, dependsOn: [credential] },
    );
    this.client = {
      env: {
        REDIS_HOST: serviceName,
        REDIS_PORT: String(redisDefaults.port),
        REDIS_PASSWORD_FILE: "/credentials/redis/password",
      },
      mounts: [{ path: "/credentials/redis", secret: credential.secretName }],
      annotations: credential.generation,
    };
    this.registerOutputs({ service: serviceName });
  }
}

function controller(args: RedisArgs): Controller {
  if (args.role === "cache") return { kind: "Deployment", replaceAll: true };
  const { storage, storageClass } = args.persistence;
  return { kind: "StatefulSet", claims: [{ name: "data", size: storage, ...(storageClass && { storageClass }) }] };
}

function server(args: RedisArgs, secret: string): ContainerArgs {
  const maxMemory = args.maxMemory ?? redisDefaults.maxMemory;
  const eviction = args.eviction ?? (args.role === "cache" ? redisDefaults.eviction : "noeviction");
  const persistence =
    args.role === "cache"
      ? ["--save", "", "--appendonly", "no"]
      : [
          "--save",
          "900 1 300 100",
          "--appendonly",
          "yes",
          "--appendfsync",
          "everysec",
          "--rename-command",
          "FLUSHALL",
          "",
          "--rename-command",
          "FLUSHDB",
          "",
        ];
  return {
    name: "redis",
    image: images.redis,
    // maxmemory stands on the command line and not in a file, so that a reviewer and a policy see it beside the limit.
    args: [
      "redis-server",
      "/credentials/redis/auth.conf",
      "--maxmemory",
      redisSize(maxMemory),
      "--maxmemory-policy",
      eviction,
      ...persistence,
    ],
    // redis-cli can read a password from nowhere but its environment or its arguments.
    env: { REDISCLI_AUTH: { secret, key: "password" } },
    ports: { redis: redisDefaults.port },
    probes,
    resources: args.resources ?? resources(maxMemory),
    mounts: [
      args.role === "cache" ? { path: "/data", scratch: maxMemory } : { path: "/data", claimTemplate: "data" },
      { path: "/tmp", scratch: "16Mi" },
      { path: "/credentials/redis", secret },
    ],
  };
}

/** Redis's own spelling: its "mb" is a mebibyte. */
const redisSize = (size: Size): string => `${Math.floor(bytes(size) / 2 ** 20)}mb`;

function resources(maxMemory: Size): Resources {
  const mebi = (factor: number): Size => `${Math.ceil((bytes(maxMemory) * factor) / 2 ** 20)}Mi`;
  return { cpu: redisDefaults.cpu, memory: { request: mebi(0.25), limit: mebi(redisDefaults.memoryHeadroom) } };
}

/** redis-cli says on either stream why it cannot ask. */
const ping = (accepted: string) => ["sh", "-c", `timeout 4 redis-cli ping 2>&1 | grep -qE '${accepted}'`];

const probes: Probes = {
  startup: { exec: ping("^PONG"), period: "2s", timeout: "4s", failureThreshold: 150 },
  // Without a connection to spare it is not ready: those that it has stay, and nobody new could use it.
  readiness: { exec: ping("^PONG"), period: "10s", timeout: "5s", failureThreshold: 3 },
  // A server that loads its data, runs a long script or has no connection to spare says so: alive, and a restart would
  // lose the work or empty it.
  liveness: {
    exec: ping("^(PONG|LOADING|BUSY|MASTERDOWN)|ERR max number of clients reached$"),
    period: "20s",
    timeout: "5s",
    failureThreshold: 5,
  },
};
