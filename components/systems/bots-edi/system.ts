import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Certificate } from "../../capabilities/certificate.ts";
import { contentHash } from "../../capabilities/content-map.ts";
import { egressFlows, type Flow, flowsFrom } from "../../capabilities/network-flows.ts";
import { type Program, type ProgramSource, server, task } from "../../capabilities/program.ts";
import { SealedSecret } from "../../capabilities/sealed-secret.ts";
import { SharedConfig } from "../../capabilities/shared-config.ts";
import { VeleroSchedule } from "../../capabilities/velero-schedule.ts";
import { uploadFlows } from "../../capabilities/verified-backup/upload.ts";
import { VerifiedBackup } from "../../capabilities/verified-backup/verified-backup.ts";
import { VolumeSnapshots } from "../../capabilities/volume-snapshots.ts";
import { WebIngress } from "../../capabilities/web-ingress.ts";
import type { Client } from "../../data/client.ts";
import { sayExternal } from "../../data/external.ts";
import { Mysql, mysqlClient, mysqlIdentity, type MysqlServer, mysqlTools } from "../../data/mysql/mysql.ts";
import { reachable } from "../../data/reachable.ts";
import { authorities } from "../../data/tls.ts";
import { keptOfClaims } from "../../workload/claims.ts";
import type { ContainerArgs, Mount } from "../../workload/container.ts";
import { Job, ScheduledJob } from "../../workload/job.ts";
import { application, programSources } from "../application.ts";
import type { BotsEdiSettings } from "./settings.ts";
import { fixtureCounter } from "./fixture-counter.ts";
import { securedNamespace } from "../secured-namespace.ts";
import { backupArgs, containerResources, type ResourceSettings } from "../setting-types.ts";
import type { SystemContext, Target } from "../target.ts";

const namespace = "edi";
const secretName = "bots-edidb-secret";
const database = "botsedi_data";
const user = "botsedi";
const home = "/home/bots/.bots";

const labels = (component: string) => ({ app: "bots-edi", component });

/** Apps of the flow table and the component label of their pods. */
const components = { "bots-webserver": "webserver", "bots-jobqueue": "jobqueue", "bots-engine": "engine", "bots-migrate": "migrate", "bots-db-backup": "backup" } as const;

/** Who talks to whom in EDI, and nobody else: the outside is one address on one port, and partners that the stack names (X05, E06). */
export const ediFlows = ({ database, backup, snapshots, egress }: Pick<BotsEdiSettings, "database" | "backup" | "snapshots" | "egress">, { ingressFrom, addons }: Pick<SystemContext, "ingressFrom" | "addons">): Flow[] => [
  ...flowsFrom(ingressFrom, "bots-webserver", 8080),
  ...Object.keys(components).map((app): Flow =>
    database.kind === "external" ? { from: { app }, to: { cidr: database.cidr }, ports: [database.port] } : { from: { app }, to: { app: "mysql" }, ports: [3306] }),
  ...(database.kind === "in-cluster" ? [{ from: { app: "mysql-provision" }, to: { app: "mysql" }, ports: [3306] }] : []),
  ...(addons.has("volume-snapshots") ? [{ from: { app: "bots-data-snapshots" }, to: { cidr: snapshots.apiServerCidr }, ports: snapshots.apiServerPorts }] : []),
  ...["bots-engine", "bots-jobqueue"].flatMap((app) => egressFlows(app, egress)),
  ...uploadFlows("bots-db-backup", backup.s3),
];

/** Electronic data interchange: a web server, a job queue and a scheduled engine around one MySQL database and one volume. */
export class BotsEdi extends pulumi.ComponentResource {
  static readonly namespace = namespace;
  readonly target: Target;

  constructor(settings: BotsEdiSettings, context: SystemContext, options?: pulumi.ComponentResourceOptions) {
    super("platform:system:BotsEdi", "bots-edi", {}, options);
    const { parent, inside, guarded } = securedNamespace(this, namespace, {
      quota: settings.quota,
      flows: ediFlows(settings, context),
      metrics: { "bots-webserver": 8080, ...(settings.applications.source === "contract-server" && { "bots-jobqueue": 28082 }) },
      certified: true,
      selectors: Object.fromEntries(Object.entries(components).map(([app, component]) => [app, labels(component)])),
    }, context);

    const db = this.database(settings, context, guarded);
    const volume = dataVolume(settings.data, context, guarded);
    const ini = new SharedConfig("bots-config-ini", { namespace, labels: { app: "bots-edi" }, values: { "bots.ini": iniFile(settings.ini) } }, inside);
    const work: Client = {
      env: { BOTS_HOME: home, BOTS_CONFIG_FILE: "/config/bots.ini" },
      mounts: [{ path: home, claim: settings.data.claimName }, { path: "/config", configMap: ini.configName }],
      annotations: ini.checksum,
    };

    const source = programSources<"bots">("bots-edi", settings.applications, namespace, inside);
    const oneShot = (role: string, ...command: string[]) => task(source(role, "bots"), command);
    const migrate = oneShot("bots-migrate", "python", "manage.py", "migrate", "--noinput");
    const migrated = new Job("bots-migrate", {
      ...job("bots-migrate", "migrate", migrate, [db.client], settings.engine.resources, "15m"),
      // A new release brings new migrations, and its Job must not be the old one.
      jobName: `bots-migrate-${contentHash(migrate.container, db.client.annotations)}`,
    }, { ...parent, dependsOn: [...db.ready, ini] });
    const ready = { ...parent, dependsOn: [migrated, volume, ini] };

    const web = application("bots-webserver", {
      namespace,
      port: 8080,
      labels: labels("webserver"),
      containerName: "webserver",
      program: server(source("bots-webserver", "bots"), { readiness: "/health/ready", liveness: "/health/live" }),
      replicas: settings.webserver.replicas,
      resources: settings.webserver.resources,
      clients: [db.client, work],
    }, ready);
    const queue = application("bots-jobqueue", {
      namespace,
      port: 28082,
      labels: labels("jobqueue"),
      containerName: "jobqueue",
      program: jobqueue(source("bots-jobqueue", "bots")),
      replicas: { fixed: settings.jobqueue.replicas },
      resources: settings.jobqueue.resources,
      clients: [db.client, work],
    }, ready);
    new ScheduledJob("bots-engine", {
      ...job("engine", "engine", oneShot("bots-engine", "bots-engine"), [db.client, work], settings.engine.resources, "30m"),
      schedule: { cron: settings.engine.schedule, timeZone: settings.engine.timeZone },
      suspended: settings.engine.suspended,
      // The next run picks up what this one left.
      retries: 0,
      history: { succeeded: 5, failed: 5 },
    }, ready);
    this.backup(settings, context, db, oneShot("bots-dumpdata", "python", "manage.py", "dumpdata", "--exclude", "auth.permission", "--exclude", "contenttypes", "--output", "/staging/dumpdata.json"), { ...parent, dependsOn: [migrated] });

    const certificate = new Certificate("bots-edi-ingress", { namespace, labels: labels("webserver"), hosts: [settings.host], secretName: "bots-edi-tls", issuer: context.certificates }, inside);
    new WebIngress("bots-edi-ingress", { namespace, labels: labels("webserver"), host: settings.host, service: { name: web.name, port: 8080 }, paths: settings.publicPaths, ...context.ingress, tlsSecret: certificate.secretName }, { ...parent, dependsOn: [...inside.dependsOn, certificate] });

    this.target = {
      system: "bots-edi",
      namespace,
      workloads: [
        ...(settings.database.kind === "in-cluster" ? [{ kind: "StatefulSet", name: "mysql", replicas: 1 } as const] : []),
        { kind: "Deployment", name: web.name, replicas: settings.webserver.replicas.min },
        { kind: "Deployment", name: queue.name, replicas: settings.jobqueue.replicas },
      ],
      dataStores: [{ kind: "mysql", name: "mysql", service: db.client.env["MYSQL_HOST"]!, port: Number(db.client.env["MYSQL_PORT"]), database, user, backup: "bots-db-backup" }],
      endpoints: [{ name: "Bots", host: settings.host, tls: true, service: web.name, port: 8080, health: "/health/ready" }],
      // E14.
      objectives: { errorRatePercent: 1, queueDepth: 100, processingSeconds: 30, recoveryMinutes: 15 },
    };
    this.registerOutputs({ target: this.target });
  }

  /** The runbook's external server, or one in the namespace for local stacks (E06). */
  private database({ database: chosen }: BotsEdiSettings, { retainData, storage }: SystemContext, options: pulumi.ComponentResourceOptions) {
    if (chosen.kind === "in-cluster") {
      const mysql = new Mysql("mysql", { namespace, serviceName: "mysql", database, user, credentialName: secretName, storage: chosen.storage, rotation: chosen.rotation, resources: containerResources(chosen.resources, "1Gi"), ...storage, retainData }, options);
      return { client: mysql.client, reader: mysql.reader, ready: [mysql.provisioning], server: "mariadb" } as const;
    }
    const { sealedPassword } = chosen;
    const sealed = sealedPassword ? [new SealedSecret(secretName, { namespace, labels: { app: "bots-edi" }, encryptedData: { password: sealedPassword }, settingPath: "bots-edi.database.sealedPassword" }, options)] : [];
    sayExternal(namespace, "mysql", `${chosen.host}:${chosen.port}`, "database, user, rights or alert");
    const tls = { mode: chosen.tls.mode, ...authorities("mysql", chosen.tls, namespace, options) };
    const client = mysqlClient(chosen.host, chosen.port, database, user, secretName, { [`credential.production-platform/${secretName}`]: contentHash(sealedPassword ?? "") }, tls);
    return { client, reader: client, ready: sealed, server: chosen.server };
  }

  /** Both forms of the runbook's backup in one copy: Django's fixture and a dump, restored before it counts (E09, E10), and the volume's own (E11). */
  private backup({ backup, database: chosen, data, snapshots, velero }: BotsEdiSettings, { addons, retainData, storage }: SystemContext, db: { readonly reader: Client; readonly client: Client; readonly server: MysqlServer }, dumpdata: Program, options: pulumi.ComponentResourceOptions): void {
    const name = "bots-db-backup";
    const tool = mysqlTools("bots-db-backup", namespace, db.server, options);
    const count = fixtureCounter("bots-fixture-counter", namespace, labels("backup"), options);
    // As JSON the data are about as large as on the server's disk.
    const staging: Mount = { path: "/staging", scratch: chosen.storage, ...storage };
    const fixture: ContainerArgs = {
      ...dumpdata.container,
      name: "dumpdata",
      env: { ...dumpdata.container.env, ...db.client.env, OUTPUT_FILE: "/staging/dumpdata.json", EXCLUDE: "auth.permission,contenttypes" },
      resources: { cpu: { request: "50m", limit: "1" }, memory: { request: "128Mi", limit: "512Mi" } },
      mounts: [...dumpdata.container.mounts, ...db.client.mounts, staging],
    };
    const reader = db.reader.mounts.map((mount) => ("secret" in mount && mount.path === "/credentials/mysql" ? { ...mount, path: "/credentials/reader" } : mount));
    new VerifiedBackup(name, {
      ...backupArgs(backup),
      of: "mysql",
      dataSize: chosen.storage,
      namespace,
      retainData,
      ...storage,
      claimName: "bots-backup-pvc",
      labels: labels("backup"),
      identity: mysqlIdentity,
      imagePullSecrets: dumpdata.imagePullSecrets,
      annotations: { ...db.client.annotations, ...db.reader.annotations },
      tool,
      steps: (copies, env, scratch) => [
        reachable(db.client.env["MYSQL_HOST"]!, db.client.env["MYSQL_PORT"]!),
        fixture,
        tool("dump", { ...env, ...db.reader.env, MYSQL_PASSWORD_FILE: "/credentials/reader/password" }, [copies, staging, ...reader]),
        count(copies, env),
        tool("verify", { ...env, MYSQL_DATABASE: db.reader.env["MYSQL_DATABASE"]! }, [copies, scratch], "1Gi"),
      ],
    }, options).first();
    const missing = (what: string, addon: string) => void pulumi.log.info(`no ${what} of ${data.claimName}, because the stack's clusterAddons do not name ${addon}`, this, undefined, true);
    if (addons.has("volume-snapshots")) {
      new VolumeSnapshots("bots-data-snapshots", { namespace, labels: { app: "bots-data-snapshots" }, claim: data.claimName, snapshotClass: snapshots.snapshotClass, schedule: { cron: snapshots.schedule }, keep: snapshots.keep }, options);
    } else missing("snapshots", "volume-snapshots");
    if (addons.has("velero")) {
      new VeleroSchedule("bots-edi-backup", { veleroNamespace: velero.namespace, namespace, cron: velero.schedule, keepDays: velero.keepDays }, options);
    } else missing("Velero backups", "velero");
  }
}

/** A pod of the one program that runs and ends, with everything it needs. */
function job(name: string, component: string, { container, ...pod }: Program, clients: readonly [database: Client, ...others: Client[]], resources: ResourceSettings, deadline: "15m" | "30m") {
  return {
    ...pod,
    namespace,
    labels: labels(component),
    annotations: Object.assign({}, ...clients.map(({ annotations }) => annotations)) as Record<string, string>,
    deadline,
    initContainers: [reachable(clients[0]!.env["MYSQL_HOST"]!, clients[0]!.env["MYSQL_PORT"]!)],
    containers: [{
      ...container,
      name,
      env: { ...container.env, ...Object.assign({}, ...clients.map(({ env }) => env)) },
      resources: containerResources(resources),
      mounts: [...container.mounts, ...clients.flatMap(({ mounts }) => mounts)],
    }] as const,
  };
}

/** The image's queue speaks no HTTP: its open port says that it lives, and Django's own check that it can reach its database. */
function jobqueue(source: ProgramSource): Program {
  const served = server(source, { readiness: "/readyz" });
  if (!("image" in source)) return served;
  const { metricsPath: _, ...program } = served;
  const { startup, liveness } = program.container.probes!;
  return { ...program, container: { ...program.container, command: ["bots-jobqueueserver"], probes: { startup, liveness, readiness: { exec: ["python", "manage.py", "check", "--database", "default"], period: "30s", timeout: "20s" } } } };
}

/**
 * The volume that the web server, the queue and the engine share (E07). It is never deleted with the stack, nor when another
 * claim takes its place after a restore (E11).
 */
export function dataVolume({ claimName, snapshot, storage, sharedStorageClass }: BotsEdiSettings["data"], context: SystemContext, options: pulumi.ComponentResourceOptions): k8s.core.v1.PersistentVolumeClaim {
  const storageClass = sharedStorageClass ?? context.storage.storageClass;
  if (snapshot) void pulumi.log.info(`${snapshot} fills ${claimName} only where that claim is not there yet: a claim that exists keeps its content, and a restore needs a new bots-edi.data.claimName`);
  if (!sharedStorageClass) void pulumi.log.info(`${claimName} is ReadWriteOnce, because bots-edi.data.sharedStorageClass is not set: all pods that use it run on one node`, undefined, undefined, true);
  return new k8s.core.v1.PersistentVolumeClaim(claimName, {
    metadata: {
      name: claimName,
      namespace,
      labels: { app: "bots-edi" },
      annotations: { "pulumi.com/skipAwait": "true", ...(!sharedStorageClass && { "production-platform/shared-on-one-node": "the scheduler puts pods where their volume is, and no class that several nodes can use is set" }) },
    },
    spec: {
      accessModes: [sharedStorageClass ? "ReadWriteMany" : "ReadWriteOnce"],
      ...(storageClass && { storageClassName: storageClass }),
      ...(snapshot && { dataSource: { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: snapshot } }),
      resources: { requests: { storage } },
    },
  }, {
    ...options,
    retainOnDelete: context.retainData,
    // A claim is filled when it is made, and the API server refuses a later change of its source: no update would pass again.
    ignoreChanges: [...keptOfClaims, "spec.dataSource"],
  });
}

const iniFile = (settings: BotsEdiSettings["ini"]): string => ["[settings]", ...Object.entries(settings).map(([key, value]) => `${key} = ${value}`)].join("\n") + "\n";
