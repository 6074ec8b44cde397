import type { ExternalServer } from "../external.ts";
import type { PostgresTls } from "./postgres-client.ts";

/** The CloudNativePG operator runs the servers, and its plugin archives what they write. */
export interface CloudNativeEngine {
  readonly kind: "cloudnative-pg";
  /**
   * One that writes and others that follow and take over. With three or more a failover loses no acknowledged write.
   */
  readonly instances: number;
  /** Addresses of the API server, which every instance talks to. */
  readonly apiServerCidr: string;
  /** Ports at which it listens there. */
  readonly apiServerPorts: readonly number[];
  /**
   * Name that the server archives under. A server that takes the place of a lost one needs a new one.
   * @default the cluster's name
   */
  readonly serverName?: string;
  /**
   * Makes the cluster from an archive instead of empty (B12), and says nothing to a cluster that is there.
   * `fromServerName` is the lost
   * server's name in the archive; `targetTime`, such as "2026-03-01T12:00:00Z", is the moment to go back to. @default
   * all that was archived
   */
  readonly recovery?: { readonly fromServerName: string; readonly targetTime?: string };
}

/** Who runs the server: a StatefulSet of this stack, the CloudNativePG operator, or somebody else. */
export type PostgresEngine = { readonly kind: "statefulset" } | CloudNativeEngine | ExternalServer<PostgresTls["mode"]>;
