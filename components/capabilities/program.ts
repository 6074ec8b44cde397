import type { Input } from "@pulumi/pulumi";
import { images } from "../images.ts";
import type { ContainerArgs, Mount } from "../workload/container.ts";
import type { PodArgs } from "../workload/pod.ts";
import type { Probes } from "../workload/probes.ts";

/**
 * Where a private application comes from: its own image, or the contract server, which keeps the application's HTTP
 * contract on a public Node.js image and is mounted from a ConfigMap.
 */
export type ProgramSource =
  | { readonly image: string; readonly pullSecret?: string | undefined }
  | { readonly contractServer: { readonly map: Input<string>; readonly role: string } };

/** The part of a pod that depends on the source, and the user it runs as. */
export interface Program extends Pick<PodArgs, "identity" | "imagePullSecrets"> {
  /** Where a server tells its metrics; none is scraped without it. */
  readonly metricsPath?: string;
  readonly container: Pick<ContainerArgs, "image" | "command" | "probes"> & {
    readonly env: Record<string, string>;
    readonly mounts: readonly Mount[];
  };
}

/** What an application documents about its health and its metrics, on the port named `http`. */
export interface HealthPaths {
  readonly readiness: string;
  /** @default the open port for an image, because a health path may ask for dependencies (X03) */
  readonly liveness?: string;
  /**
   * Where the application's own image tells its metrics; the contract server does it at the default.
   * @default "/metrics"
   */
  readonly metrics?: string;
  /** How long the first start may take, in seconds. @default 120 */
  readonly startSeconds?: number;
}

const tmp: Mount = { path: "/tmp", scratch: "64Mi" };

/** A program that serves HTTP. */
export function server(source: ProgramSource, health: HealthPaths): Program {
  const startup = { period: "2s", timeout: "5s", failureThreshold: (health.startSeconds ?? 120) / 2 } as const;
  const liveness = { period: "15s", timeout: "5s", failureThreshold: 4 } as const;
  if ("image" in source) {
    const alive = health.liveness ? { http: health.liveness, port: "http" } : { tcp: "http" };
    return served(source, health.metrics, {
      startup: { ...alive, ...startup },
      readiness: { http: health.readiness, port: "http" },
      liveness: { ...alive, ...liveness },
    });
  }
  const alive = { http: health.liveness ?? "/livez", port: "http" };
  // The contract server's public health asks for its neighbours too; its own readiness does not.
  const ready = { http: health.liveness ? health.readiness : "/readyz", port: "http" };
  return served(source, undefined, {
    startup: { ...alive, ...startup },
    readiness: ready,
    liveness: { ...alive, ...liveness },
  });
}

/** A program that does one thing and ends. `command` is how the application's own image does it. */
export function task(source: ProgramSource, command: readonly string[]): Program {
  const program = ofSource(source);
  return "image" in source ? { ...program, container: { ...program.container, command } } : program;
}

function served(source: ProgramSource, metricsPath = "/metrics", probes: Probes): Program {
  const program = ofSource(source);
  return { ...program, metricsPath, container: { ...program.container, probes } };
}

function ofSource(source: ProgramSource): Program {
  if ("image" in source) {
    return {
      identity: { uid: 10001, gid: 10001 },
      ...(source.pullSecret && { imagePullSecrets: [source.pullSecret] }),
      container: { image: source.image, env: {}, mounts: [tmp] },
    };
  }
  const { map, role } = source.contractServer;
  return {
    identity: { uid: 1000, gid: 1000 },
    container: {
      image: images.node,
      command: ["node", "/app/start.mjs"],
      env: { ROLE: role, NODE_ENV: "production" },
      // Operators check connections with nc, which the node image does not have.
      mounts: [
        tmp,
        { path: "/app", configMap: map },
        { path: "/usr/local/bin/nc", configMap: map, item: "nc", executable: true },
      ],
    },
  };
}
