import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface WebIngressArgs {
  readonly namespace: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  /** The host name people type, such as "api.bgc.local". */
  readonly host: string;
  readonly service: { readonly name: string; readonly port: number };
  /** Which ingress controller serves it. @default the cluster's default class */
  readonly className?: string;
  /** Name of the TLS Secret. @default plain HTTP */
  readonly tlsSecret?: string;
}

/** Routes one host to one Service. */
export class WebIngress extends pulumi.ComponentResource {
  constructor(name: string, args: WebIngressArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:capability:WebIngress", name, {}, options);
    new k8s.networking.v1.Ingress(name, {
      metadata: {
        name,
        namespace: args.namespace,
        labels: args.labels,
        // The address is the ingress controller's to give, and clusters without one must not hang here.
        annotations: { "pulumi.com/skipAwait": "true" },
      },
      spec: {
        ...(args.className && { ingressClassName: args.className }),
        ...(args.tlsSecret && { tls: [{ hosts: [args.host], secretName: args.tlsSecret }] }),
        rules: [{
          host: args.host,
          http: { paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: args.service.name, port: { number: args.service.port } } } }] },
        }],
      },
    }, { parent: this });
    this.registerOutputs({});
  }
}
