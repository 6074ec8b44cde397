import * as pulumi from "@pulumi/pulumi";
import { Certificate } from "../../capabilities/certificate.ts";
import { Credential } from "../../capabilities/credential.ts";
import { server } from "../../capabilities/program.ts";
import { scripts } from "../../capabilities/scripts.ts";
import { SealedSecret } from "../../capabilities/sealed-secret.ts";
import { WebIngress } from "../../capabilities/web-ingress.ts";
import { migrations, sqlJob } from "../../data/postgres/sql-job.ts";
import { application, programSources } from "../application.ts";
import { securedNamespace } from "../secured-namespace.ts";
import type { SystemContext, Target } from "../target.ts";
import { bgcNetwork } from "./flows.ts";
import type { BgcPlatformSettings } from "./settings.ts";
import { bgcStores, namespace } from "./stores.ts";
import { bgcTarget } from "./target.ts";

const folder = new URL("../../../workloads/bgc-platform/", import.meta.url).pathname;

/**
 * Clients' addresses come in a header that only the ingress controller and the web front can set: nobody else gets
 * through to these pods.
 */
const behindProxy = { TRUSTED_PROXY: "true" };

/**
 * The trade-data platform: Postgres, a Redis cache, the integration gateway, the API with its simulator, and the web
 * front.
 */
export class BgcPlatform extends pulumi.ComponentResource {
  readonly target: Target;

  constructor(settings: BgcPlatformSettings, context: SystemContext, options?: pulumi.ComponentResourceOptions) {
    super("platform:system:BgcPlatform", "bgc-platform", {}, options);
    const { parent, inside, guarded } = securedNamespace(
      this,
      namespace,
      settings.quota,
      bgcNetwork(settings, context),
      context,
    );
    const plans = bgcStores(settings, context);
    const postgres = plans.postgres.declare(guarded);
    const redis = plans.redis.declare(guarded);

    const migrated = migrations(
      "bgc-migrations",
      { namespace, postgres, folder: `${folder}migrations` },
      { ...parent, dependsOn: [...postgres.ready] },
    );
    const countries = sqlJob(
      "populate-countries",
      { namespace, postgres, script: "populate.sh", files: scripts(folder), jobName: "populate-countries" },
      { ...parent, dependsOn: [migrated] },
    );
    postgres.backup?.first([countries]);

    const source = programSources<"api" | "integrationGateway" | "web">(
      "bgc-platform",
      settings.applications,
      namespace,
      inside,
    );
    const clients = [postgres.client, redis.client];
    const comexstat = comexstatSecret(settings, inside);
    application(
      "integration-gateway",
      {
        namespace,
        port: 8081,
        program: server(source("integration-gateway", "integrationGateway"), { readiness: "/health" }),
        replicas: { fixed: settings.integrationGateway.replicas },
        resources: settings.integrationGateway.resources,
        clients: [
          ...clients,
          {
            env: { COMEXSTAT_CREDENTIALS_FILE: "/credentials/comexstat/api-key" },
            mounts: [{ path: "/credentials/comexstat", secret: comexstat.secretName, optional: true }],
            annotations: {},
          },
        ],
      },
      { ...parent, dependsOn: [...postgres.ready, ...redis.ready, migrated, comexstat] },
    );
    application(
      "bgc-api",
      {
        namespace,
        port: 8080,
        program: server(source("bgc-api", "api"), { readiness: "/healthz" }),
        replicas: { fixed: settings.api.replicas },
        resources: settings.api.resources,
        env: {
          ...behindProxy,
          TRUSTED_IDENTITY: String(settings.authenticatingProxy),
          FREE_TIER_REQUESTS_PER_DAY: String(settings.api.freeTierRequestsPerDay),
          INTEGRATION_GATEWAY_URL: "http://integration-gateway:8081",
        },
        clients,
      },
      { ...parent, dependsOn: [migrated, countries, ...redis.ready] },
    );
    application(
      "bgc-web",
      {
        namespace,
        port: 8080,
        program: server(source("bgc-web", "web"), { readiness: "/healthz" }),
        replicas: { fixed: settings.web.replicas },
        resources: settings.web.resources,
        env: { ...behindProxy, API_URL: "http://bgc-api:8080" },
      },
      inside,
    );

    const certificate =
      settings.tlsSecret &&
      new Certificate(
        "bgc-platform",
        {
          namespace,
          labels: { app: "bgc-web" },
          hosts: [settings.hosts.api, settings.hosts.web],
          secretName: settings.tlsSecret,
          issuer: context.certificates,
        },
        inside,
      );
    for (const [name, host, paths] of [
      ["bgc-api", settings.hosts.api, settings.publicPaths.api],
      ["bgc-web", settings.hosts.web, settings.publicPaths.web],
    ] as const) {
      new WebIngress(
        name,
        {
          namespace,
          labels: { app: name },
          host,
          service: { name, port: 8080 },
          paths,
          ...context.ingress,
          ...(certificate && { tlsSecret: certificate.secretName }),
        },
        certificate ? { ...parent, dependsOn: [...inside.dependsOn, certificate] } : inside,
      );
    }
    this.target = bgcTarget(settings, [postgres, redis]);
    this.registerOutputs({ target: this.target });
  }
}

/**
 * Sealed for the cluster where the stack has sealed values (B16); otherwise a generated stand-in that no one can log in
 * with.
 */
function comexstatSecret(
  { comexstat }: BgcPlatformSettings,
  options: pulumi.ComponentResourceOptions,
): SealedSecret | Credential {
  const name = "comexstat-credentials";
  const labels = { app: "integration-gateway" };
  if (!comexstat) {
    return new Credential(
      name,
      {
        namespace,
        labels,
        protect: false,
        content: (password) => ({ "api-key": pulumi.interpolate`stand-in-${password}` }),
      },
      options,
    );
  }
  return new SealedSecret(
    name,
    { namespace, labels, encryptedData: comexstat.encryptedData, settingPath: "bgc-platform.comexstat.encryptedData" },
    options,
  );
}
