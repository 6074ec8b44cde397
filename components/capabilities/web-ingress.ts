import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface WebIngressArgs {
  readonly namespace: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  /** The host name people type, such as "api.bgc.local". */
  readonly host: string;
  readonly service: { readonly name: string; readonly port: number };
  /**
   * What is routed, with all below it; everything else is answered by the ingress controller. "/" is the first page
   * alone.
   */
  readonly paths: readonly string[];
  /** Which ingress controller serves it. @default the cluster's default class */
  readonly className?: string;
  /** Name of the TLS Secret. @default plain HTTP */
  readonly tlsSecret?: string;
}

/** How an Ingress reads a path. A prefix of "/" would be everything, and an Ingress cannot take anything out again. */
const pathType = (path: string): string => (path === "/" ? "Exact" : "Prefix");

/**
 * Keeps plain HTTP away from a host with TLS where Traefik would serve it too: its routers lead from every entry point
 * unless they say from which.
 * Other controllers send plain HTTP to TLS by themselves.
 */
const tlsAlone = {
  "traefik.ingress.kubernetes.io/router.entrypoints": "websecure",
  "traefik.ingress.kubernetes.io/router.tls": "true",
};

/**
 * Routes the public paths of one host to one Service: metrics and what else is for inside the cluster have no way in.
 */
export class WebIngress extends pulumi.ComponentResource {
  constructor(name: string, args: WebIngressArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:capability:WebIngress", name, {}, options);
    new k8s.networking.v1.Ingress(
      name,
      {
        metadata: {
          name,
          namespace: args.namespace,
          labels: args.labels,
          // The address is the ingress controller's to give, and clusters without one must not hang here.
          annotations: { "pulumi.com/skipAwait": "true", ...(args.tlsSecret && tlsAlone) },
        },
        spec: {
          ...(args.className && { ingressClassName: args.className }),
          ...(args.tlsSecret && { tls: [{ hosts: [args.host], secretName: args.tlsSecret }] }),
          rules: [
            {
              host: args.host,
              http: {
                paths: args.paths.map((path) => ({
                  path,
                  pathType: pathType(path),
                  backend: { service: { name: args.service.name, port: { number: args.service.port } } },
                })),
              },
            },
          ],
        },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
