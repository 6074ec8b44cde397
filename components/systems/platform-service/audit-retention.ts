import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Program } from "../../capabilities/program.ts";
import type { Client } from "../../data/client.ts";
import { reachable } from "../../data/reachable.ts";
import { keptOfClaims } from "../../workload/claims.ts";
import { ScheduledJob } from "../../workload/job.ts";
import { containerResources } from "../setting-types.ts";
import type { SystemContext } from "../target.ts";
import type { PlatformServiceSettings } from "./settings.ts";
import { namespace } from "./stores.ts";

interface Retention {
  readonly program: Program;
  readonly client: Client;
  readonly env: Readonly<Record<string, string>>;
}

/** Archives audit events past their time, and deletes exactly the archived ones (P07). */
export function auditRetention(
  { audit, resources }: PlatformServiceSettings,
  { retainData, storage }: SystemContext,
  { program, client, env }: Retention,
  options: pulumi.ComponentResourceOptions,
): void {
  const claim = new k8s.core.v1.PersistentVolumeClaim(
    "audit-archive",
    {
      metadata: {
        name: "audit-archive",
        namespace,
        labels: { app: "audit-retention" },
        annotations: { "pulumi.com/skipAwait": "true" },
      },
      spec: {
        accessModes: ["ReadWriteOnce"],
        ...(storage.storageClass && { storageClassName: storage.storageClass }),
        resources: { requests: { storage: audit.archiveStorage } },
      },
    },
    { ...options, protect: retainData, ignoreChanges: [...keptOfClaims] },
  );
  const { container, ...pod } = program;
  new ScheduledJob(
    "audit-retention",
    {
      ...pod,
      namespace,
      labels: { app: "audit-retention" },
      annotations: client.annotations,
      schedule: { cron: audit.schedule },
      deadline: "2h",
      retries: 1,
      initContainers: [reachable(client.env["PGHOST"]!, client.env["PGPORT"]!)],
      containers: [
        {
          ...container,
          name: "audit-retention",
          env: { ...container.env, ...client.env, ...env, ARCHIVE_DIR: "/archive" },
          resources: containerResources(resources),
          mounts: [...container.mounts, ...client.mounts, { path: "/archive", claim: "audit-archive" }],
        },
      ],
    },
    { ...options, dependsOn: [claim] },
  );
}
