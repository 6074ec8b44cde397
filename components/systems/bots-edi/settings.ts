import { isIP } from "node:net";
import { z } from "zod";
import { backupDefaults } from "../../capabilities/verified-backup/verified-backup.ts";
import { mysqlDefaults } from "../../data/mysql/mysql.ts";
import { mysqlServers } from "../../data/mysql/tools.ts";
import {
  apiServerPorts,
  applications,
  backup,
  credentialRotation,
  cron,
  egress,
  host,
  mysqlTls,
  objectName,
  publicPaths,
  quota,
  replicaRange,
  replicas,
  resources,
  size,
  timeZone,
} from "../setting-types.ts";

const application = { cpuRequest: "50m", cpuLimit: "1", memoryRequest: "128Mi", memoryLimit: "512Mi" } as const;

/** Bots EDI's part of a stack's configuration; the defaults are the runbook's. */
export const botsEdiSettings = z.strictObject({
  /** One image for the web server, the job queue and the engine (E04). */
  applications: applications(["bots"]),
  host: host.default("bots-edi.pminc.me"),
  /**
   * The API, health and the pages of Bots' own web interface, without those of its administrators: routes, users,
   * plugins, and what deletes.
   */
  publicPaths: publicPaths(
    "/",
    "/api",
    "/health",
    "/static",
    "/media",
    "/login",
    "/logout",
    "/password_change",
    "/home",
    "/incoming",
    "/detail",
    "/process",
    "/outgoing",
    "/document",
    "/reports",
    "/confirm",
    "/filer",
    "/srcfiler",
    "/logfiler",
    "/runengine",
  ),
  webserver: z
    .strictObject({
      replicas: replicaRange({ min: 2, max: 5, targetCpuPercent: 70 }),
      resources: resources(application),
    })
    .prefault({}),
  jobqueue: z.strictObject({ replicas: replicas.default(1), resources: resources(application) }).prefault({}),
  engine: z
    .strictObject({
      schedule: cron.default("*/5 * * * *"),
      timeZone: timeZone.default("Etc/UTC"),
      suspended: z.boolean().default(false),
      resources: resources(application),
    })
    .prefault({}),
  /**
   * Partners' servers, which the engine and the queue that starts it send to and fetch from.
   * @default they reach none, as the contract server needs none
   */
  egress,
  /** What `bots.ini` says under [settings]; a change rolls every pod (E05). */
  ini: z
    .record(z.string().regex(/^[a-z_]+$/), z.union([z.string(), z.number()]))
    .default({ maxattempts: 3, enginemaxseconds: 240, pagelimit: 50 }),
  database: z
    .discriminatedUnion("kind", [
      z
        .strictObject({
          kind: z.literal("external"),
          /**
           * The server's product, whose programs copy it and prove the copy: MySQL 8.0 to 9.7, or MariaDB up to 10.11
           * (E09).
           */
          server: z.enum(mysqlServers).default("mysql"),
          host: host.default("kona.db.pminc.me"),
          port: z.int().min(1).max(65535).default(mysqlDefaults.port),
          /** Addresses the host resolves to: egress is open to exactly these (E06). */
          cidr: z.cidrv4(),
          /** MySQL's ssl-mode, and the authority that counts. */
          tls: mysqlTls,
          /**
           * What its data take on the server's disk: the backup's room, for the fixture and for the restore, and its
           * deadline follow from it.
           */
          storage: size.default(mysqlDefaults.storage),
          /**
           * The user's password, sealed for the Secret bots-edidb-secret. Without it somebody else makes that Secret.
           */
          sealedPassword: z.string().min(1).optional(),
        })
        .refine(({ host, tls }) => tls.mode !== "VERIFY_IDENTITY" || isIP(host) === 0, {
          path: ["host"],
          error: "is an address, and VERIFY_IDENTITY compares names: write the server's name, or another tls.mode",
        })
        .refine(({ server, tls }) => server === "mysql" || tls.mode === "VERIFY_IDENTITY" || tls.mode === "DISABLED", {
          path: ["tls", "mode"],
          error:
            "is no mode of MariaDB's programs, which go on without TLS under it where a server offers none: write VERIFY_IDENTITY, or DISABLED where the network between is trusted",
        }),
      z.strictObject({
        kind: z.literal("in-cluster"),
        storage: size.default(mysqlDefaults.storage),
        rotation: credentialRotation,
        resources: resources({ cpuRequest: "100m", cpuLimit: "1", memoryRequest: "256Mi", memoryLimit: "1Gi" }),
      }),
    ])
    .default({
      kind: "in-cluster",
      storage: mysqlDefaults.storage,
      rotation: 1,
      resources: { cpuRequest: "100m", cpuLimit: "1", memoryRequest: "256Mi", memoryLimit: "1Gi" },
    }),
  data: z
    .strictObject({
      /** Another name makes another claim; the old one is kept (E11). */
      claimName: objectName.default("bots-edi-data-pvc"),
      /** VolumeSnapshot that a new claim begins with. */
      snapshot: objectName.optional(),
      storage: size.default("20Gi"),
      /**
       * A class whose volumes many nodes can write, such as t1-shiva-nfs. Without one the volume is on one node, and so
       * are all pods.
       */
      sharedStorageClass: objectName.optional(),
    })
    .prefault({}),
  backup: backup({ ...backupDefaults, cron: backupDefaults.schedule.cron }),
  /** Used where the stack's clusterAddons name volume-snapshots. */
  snapshots: z
    .strictObject({
      schedule: cron.default("0 1 * * *"),
      snapshotClass: objectName.default("csi-snapclass"),
      keep: z.int().min(1).default(7),
      /**
       * Addresses of the API server, which the snapshot job talks to: those of its nodes and not only of its Service,
       * because policies look at where a
       * packet really goes. k3d's and kind's nodes are in 172.18.0.0/16, which the default does not hold.
       */
      apiServerCidr: z.cidrv4().default("10.0.0.0/8"),
      apiServerPorts,
    })
    .prefault({}),
  /** Used where the stack's clusterAddons name velero. */
  velero: z
    .strictObject({
      namespace: objectName.default("velero"),
      schedule: cron.default("0 4 * * *"),
      keepDays: z.int().min(1).default(30),
    })
    .prefault({}),
  quota: quota({ cpu: "16", memory: "16Gi", storage: "120Gi", pods: 40 }),
});

export type BotsEdiSettings = z.output<typeof botsEdiSettings>;
