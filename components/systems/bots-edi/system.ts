import * as pulumi from "@pulumi/pulumi";
import { Certificate } from "../../capabilities/certificate.ts";
import { contentHash } from "../../capabilities/content-map.ts";
import { server, task } from "../../capabilities/program.ts";
import { SharedConfig } from "../../capabilities/shared-config.ts";
import { WebIngress } from "../../capabilities/web-ingress.ts";
import type { Client } from "../../data/client.ts";
import { Job, ScheduledJob } from "../../workload/job.ts";
import { application, programSources } from "../application.ts";
import { securedNamespace } from "../secured-namespace.ts";
import type { SystemContext, Target } from "../target.ts";
import { fixtureCopy, volumeCopies } from "./copies.ts";
import { dataVolume } from "./data-volume.ts";
import { ediNetwork } from "./flows.ts";
import { job, jobqueue } from "./pods.ts";
import type { BotsEdiSettings } from "./settings.ts";
import { ediStores, labels, namespace } from "./stores.ts";
import { ediTarget } from "./target.ts";

const home = "/home/bots/.bots";

/**
 * Electronic data interchange: a web server, a job queue and a scheduled engine around one MySQL database and one
 * volume.
 */
export class BotsEdi extends pulumi.ComponentResource {
  readonly target: Target;

  constructor(settings: BotsEdiSettings, context: SystemContext, options?: pulumi.ComponentResourceOptions) {
    super("platform:system:BotsEdi", "bots-edi", {}, options);
    const { parent, inside, guarded } = securedNamespace(
      this,
      namespace,
      settings.quota,
      ediNetwork(settings, context),
      context,
    );
    const db = ediStores(settings, context).mysql.declare(guarded);
    const volume = dataVolume(settings.data, context, guarded);
    const ini = new SharedConfig(
      "bots-config-ini",
      { namespace, labels: { app: "bots-edi" }, values: { "bots.ini": iniFile(settings.ini) } },
      inside,
    );
    const work: Client = {
      env: { BOTS_HOME: home, BOTS_CONFIG_FILE: "/config/bots.ini" },
      mounts: [
        { path: home, claim: settings.data.claimName },
        { path: "/config", configMap: ini.configName },
      ],
      annotations: ini.checksum,
    };

    const source = programSources<"bots">("bots-edi", settings.applications, namespace, inside);
    const oneShot = (role: string, ...command: string[]) => task(source(role, "bots"), command);
    const migrate = oneShot("bots-migrate", "python", "manage.py", "migrate", "--noinput");
    const migrated = new Job(
      "bots-migrate",
      {
        ...job("bots-migrate", "migrate", migrate, [db.client], settings.engine.resources, "15m"),
        // A new release brings new migrations, and its Job must not be the old one.
        jobName: `bots-migrate-${contentHash(migrate.container, db.client.annotations)}`,
      },
      { ...parent, dependsOn: [...db.ready, ini] },
    );
    const ready = { ...parent, dependsOn: [migrated, volume, ini] };

    const web = application(
      "bots-webserver",
      {
        namespace,
        port: 8080,
        labels: labels("webserver"),
        containerName: "webserver",
        program: server(source("bots-webserver", "bots"), { readiness: "/health/ready", liveness: "/health/live" }),
        replicas: settings.webserver.replicas,
        resources: settings.webserver.resources,
        clients: [db.client, work],
      },
      ready,
    );
    application(
      "bots-jobqueue",
      {
        namespace,
        port: 28082,
        labels: labels("jobqueue"),
        containerName: "jobqueue",
        program: jobqueue(source("bots-jobqueue", "bots")),
        replicas: { fixed: settings.jobqueue.replicas },
        resources: settings.jobqueue.resources,
        clients: [db.client, work],
      },
      ready,
    );
    new ScheduledJob(
      "bots-engine",
      {
        ...job(
          "engine",
          "engine",
          oneShot("bots-engine", "bots-engine"),
          [db.client, work],
          settings.engine.resources,
          "30m",
        ),
        schedule: { cron: settings.engine.schedule, timeZone: settings.engine.timeZone },
        suspended: settings.engine.suspended,
        // The next run picks up what this one left.
        retries: 0,
        history: { succeeded: 5, failed: 5 },
      },
      ready,
    );
    const copying = { ...parent, dependsOn: [migrated] };
    const dumpdata = oneShot(
      "bots-dumpdata",
      "python",
      "manage.py",
      "dumpdata",
      "--exclude",
      "auth.permission",
      "--exclude",
      "contenttypes",
      "--output",
      "/staging/dumpdata.json",
    );
    db.backup.first([migrated], fixtureCopy(settings, context, dumpdata, db.client, copying));
    volumeCopies(this, settings, context, copying);

    const certificate = new Certificate(
      "bots-edi-ingress",
      {
        namespace,
        labels: labels("webserver"),
        hosts: [settings.host],
        secretName: "bots-edi-tls",
        issuer: context.certificates,
      },
      inside,
    );
    new WebIngress(
      "bots-edi-ingress",
      {
        namespace,
        labels: labels("webserver"),
        host: settings.host,
        service: { name: web.name, port: 8080 },
        paths: settings.publicPaths,
        ...context.ingress,
        tlsSecret: certificate.secretName,
      },
      { ...parent, dependsOn: [...inside.dependsOn, certificate] },
    );

    this.target = ediTarget(settings, [db]);
    this.registerOutputs({ target: this.target });
  }
}

const iniFile = (settings: BotsEdiSettings["ini"]): string =>
  ["[settings]", ...Object.entries(settings).map(([key, value]) => `${key} = ${value}`)].join("\n") + "\n";
