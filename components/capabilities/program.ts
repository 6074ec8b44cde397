import type { ContainerArgs, Mount } from "../workload/container.ts";
import type { Identity } from "../workload/pod.ts";
import type { Probes } from "../workload/probes.ts";
import { images } from "../images.ts";

/**
 * Where a private application comes from: its own image, or the contract server, which keeps the application's HTTP
 * contract on a public Node.js image and is mounted from a ConfigMap.
 */
export type ProgramSource =
  | { readonly image: string }
  | { readonly contractServer: { readonly map: string; readonly role: string } };

/** The part of a container that depends on the source, and the user it runs as. */
export interface Program {
  readonly container: Pick<ContainerArgs, "image" | "command" | "probes"> & { readonly env: Record<string, string>; readonly mounts: readonly Mount[] };
  readonly identity: Identity;
}

/**
 * The program of a source that serves its health at `healthPath` on the port named `http`. An image that documents one
 * health path gets it as readiness; its liveness is the open port, because a health path may ask for dependencies (X03).
 */
export function program(source: ProgramSource, healthPath: string): Program {
  const startup = { period: "2s", timeout: "5s", failureThreshold: 60 } as const;
  const liveness = { period: "15s", timeout: "5s", failureThreshold: 4 } as const;
  const tmp: Mount = { path: "/tmp", scratch: "64Mi" };
  if ("image" in source) {
    return {
      identity: { uid: 10001, gid: 10001 },
      container: {
        image: source.image,
        env: {},
        mounts: [tmp],
        probes: { startup: { tcp: "http", ...startup }, readiness: { http: healthPath, port: "http" }, liveness: { tcp: "http", ...liveness } },
      },
    };
  }
  const { map, role } = source.contractServer;
  const probes: Probes = {
    startup: { http: "/livez", port: "http", ...startup },
    readiness: { http: "/readyz", port: "http" },
    liveness: { http: "/livez", port: "http", ...liveness },
  };
  return {
    identity: { uid: 1000, gid: 1000 },
    container: {
      image: images.node,
      command: ["node", "/app/server.mjs"],
      env: { ROLE: role, NODE_ENV: "production" },
      // Operators check connections with nc, which the node image does not have.
      mounts: [tmp, { path: "/app/server.mjs", configMap: map, item: "server.mjs" }, { path: "/usr/local/bin/nc", configMap: map, item: "nc", executable: true }],
      probes,
    },
  };
}
