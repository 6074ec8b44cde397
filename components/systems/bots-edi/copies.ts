import * as pulumi from "@pulumi/pulumi";
import type { Program } from "../../capabilities/program.ts";
import { VeleroSchedule } from "../../capabilities/velero-schedule.ts";
import { VolumeSnapshots } from "../../capabilities/volume-snapshots.ts";
import type { Client } from "../../data/client.ts";
import type { ApplicationCopy } from "../../data/mysql/backup.ts";
import type { Mount } from "../../workload/container.ts";
import type { SystemContext } from "../target.ts";
import { fixtureCounter } from "./fixture-counter.ts";
import type { BotsEdiSettings } from "./settings.ts";
import { labels, namespace } from "./stores.ts";

/** Django's fixture, the runbook's other form of the database's backup, beside the dump of each copy (E09, E10). */
export function fixtureCopy(
  { database }: BotsEdiSettings,
  { storage }: SystemContext,
  { container, imagePullSecrets }: Program,
  client: Client,
  options: pulumi.ComponentResourceOptions,
): ApplicationCopy {
  // As JSON the data are about as large as on the server's disk.
  const staging: Mount = { path: "/staging", scratch: database.storage, ...storage };
  return {
    staging,
    write: {
      ...container,
      name: "dumpdata",
      env: {
        ...container.env,
        ...client.env,
        OUTPUT_FILE: "/staging/dumpdata.json",
        EXCLUDE: "auth.permission,contenttypes",
      },
      resources: { cpu: { request: "50m", limit: "1" }, memory: { request: "128Mi", limit: "512Mi" } },
      mounts: [...container.mounts, ...client.mounts, staging],
    },
    check: fixtureCounter("bots-fixture-counter", namespace, labels("backup"), options),
    imagePullSecrets,
  };
}

/** Copies of the volume, where the cluster has who makes them (E11). Without them a stack says so. */
export function volumeCopies(
  system: pulumi.ComponentResource,
  { data, snapshots, velero }: BotsEdiSettings,
  { addons }: SystemContext,
  options: pulumi.ComponentResourceOptions,
): void {
  const missing = (what: string, addon: string) =>
    void pulumi.log.info(
      `no ${what} of ${data.claimName}, because the stack's clusterAddons do not name ${addon}`,
      system,
      undefined,
      true,
    );
  if (addons.has("volume-snapshots")) {
    new VolumeSnapshots(
      "bots-data-snapshots",
      {
        namespace,
        labels: { app: "bots-data-snapshots" },
        claim: data.claimName,
        snapshotClass: snapshots.snapshotClass,
        schedule: { cron: snapshots.schedule },
        keep: snapshots.keep,
      },
      options,
    );
  } else missing("snapshots", "volume-snapshots");
  if (addons.has("velero")) {
    new VeleroSchedule(
      "bots-edi-backup",
      { veleroNamespace: velero.namespace, namespace, cron: velero.schedule, keepDays: velero.keepDays },
      options,
    );
  } else missing("Velero backups", "velero");
}
