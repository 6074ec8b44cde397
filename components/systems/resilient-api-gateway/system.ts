import * as pulumi from "@pulumi/pulumi";
import { Certificate } from "../../capabilities/certificate.ts";
import { ConfigurationBackup } from "../../capabilities/configuration-backup/configuration-backup.ts";
import { server } from "../../capabilities/program.ts";
import { ReverseProxy } from "../../capabilities/reverse-proxy.ts";
import { SharedConfig } from "../../capabilities/shared-config.ts";
import { WebIngress } from "../../capabilities/web-ingress.ts";
import { application, programSources } from "../application.ts";
import { securedNamespace } from "../secured-namespace.ts";
import type { SystemContext, Target } from "../target.ts";
import { gatewayNetwork } from "./flows.ts";
import { proxyConfig } from "./proxy-config.ts";
import type { ResilientApiGatewaySettings } from "./settings.ts";
import { gatewayStores, namespace } from "./stores.ts";
import { gatewayTarget } from "./target.ts";

/** A proxy with a rate limiter and a circuit breaker whose state lives in Redis, before an upstream service. */
export class ResilientApiGateway extends pulumi.ComponentResource {
  readonly target: Target;

  constructor(
    settings: ResilientApiGatewaySettings,
    context: SystemContext,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super("platform:system:ResilientApiGateway", "resilient-api-gateway", {}, options);
    const { parent, inside, guarded } = securedNamespace(
      this,
      namespace,
      settings.quota,
      gatewayNetwork(settings, context),
      context,
    );
    const redis = gatewayStores(settings, context).redis.declare(guarded);
    redis.backup?.first();

    const config = new SharedConfig(
      "api-gateway-config",
      { namespace, labels: { app: "proxy-service" }, values: proxyConfig(settings) },
      inside,
    );
    const { s3 } = settings.redis.backup;
    new ConfigurationBackup(
      "configuration-backup",
      {
        ...settings.configurationBackup,
        namespace,
        configs: [config.configName],
        ...context.storage,
        ...(s3 && { s3: { ...s3, prefix: `${s3.prefix}-configuration` } }),
        retainData: context.retainData,
      },
      { ...parent, dependsOn: [config] },
    );

    const { authenticatingProxy, publicPaths: paths } = settings;
    const source = programSources<"proxy" | "upstream">(
      "resilient-api-gateway",
      settings.applications,
      namespace,
      inside,
    );
    const upstream = application(
      "upstream-service",
      {
        namespace,
        port: 5001,
        program: server(source("upstream-service", "upstream"), { readiness: "/health" }),
        replicas: { fixed: settings.upstream.replicas },
        resources: settings.upstream.resources,
      },
      guarded,
    );
    const proxy = application(
      "proxy-service",
      {
        namespace,
        port: 5000,
        program: server(source("proxy-service", "proxy"), { readiness: "/health" }),
        replicas: settings.proxy.replicas,
        resources: settings.proxy.resources,
        config,
        // Clients' addresses come in a header that only what stands in front can set: nobody else gets through to these
        // pods.
        env: {
          TRUSTED_PROXY: "true",
          TRUSTED_IDENTITY: String(authenticatingProxy),
          UPSTREAM_URL: "http://upstream-service:5001",
        },
        clients: [redis.client],
      },
      { ...parent, dependsOn: [...redis.ready, upstream, config] },
    );
    const front =
      settings.reverseProxy === "nginx"
        ? new ReverseProxy(
            "nginx",
            { namespace, upstream: { service: proxy.name, port: 5000 }, replicas: 2, paths, authenticatingProxy },
            guarded,
          ).service
        : { name: proxy.name, port: 5000 };
    const labels = { app: "proxy-service" };
    const certificate =
      settings.tlsSecret &&
      new Certificate(
        "proxy-service",
        { namespace, labels, hosts: [settings.host], secretName: settings.tlsSecret, issuer: context.certificates },
        inside,
      );
    new WebIngress(
      "proxy-service",
      {
        namespace,
        labels,
        host: settings.host,
        service: front,
        paths,
        ...context.ingress,
        ...(certificate && { tlsSecret: certificate.secretName }),
      },
      certificate ? { ...parent, dependsOn: [...inside.dependsOn, certificate] } : inside,
    );

    this.target = gatewayTarget(settings, [redis]);
    this.registerOutputs({ target: this.target });
  }
}
