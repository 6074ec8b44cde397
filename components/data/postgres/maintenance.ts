import type * as pulumi from "@pulumi/pulumi";
import { ContentMap } from "../../capabilities/content-map.ts";
import { scripts } from "../../capabilities/scripts.ts";
import { images } from "../../images.ts";
import type { Excepted } from "../../workload/exceptions.ts";
import { type Schedule, ScheduledJob } from "../../workload/job.ts";
import type { Client } from "../client.ts";
import { postgresIdentity } from "./identity.ts";

interface MaintenanceArgs extends Excepted {
  readonly namespace: string;
  readonly client: Client;
  readonly schedule: Schedule;
}

/** VACUUM and ANALYZE of a database's tables on a schedule, as their owner (P06). */
export function postgresMaintenance(
  name: string,
  { namespace, client, schedule, exceptions }: MaintenanceArgs,
  options: pulumi.ComponentResourceOptions,
): ScheduledJob {
  const map = new ContentMap(
    name,
    { namespace, labels: { app: name }, files: scripts(import.meta.dirname, /^(connection|maintain)\.sh$/) },
    options,
  );
  return new ScheduledJob(
    name,
    {
      namespace,
      labels: { app: name },
      annotations: client.annotations,
      exceptions,
      schedule,
      identity: postgresIdentity,
      deadline: "4h",
      retries: 1,
      containers: [
        {
          name: "vacuum",
          image: images.postgres,
          command: ["bash", "/scripts/maintain.sh"],
          env: client.env,
          resources: { cpu: { request: "50m", limit: "500m" }, memory: { request: "64Mi", limit: "128Mi" } },
          mounts: [{ path: "/scripts", configMap: map.mapName }, { path: "/tmp", scratch: "16Mi" }, ...client.mounts],
        },
      ],
    },
    options,
  );
}
