import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { type Flow, flowsFrom, type Outsider } from "./network-flows.ts";
import { selfSigned } from "./self-signed.ts";

export interface CertificateArgs {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly hosts: readonly [string, ...string[]];
  /** Name of the TLS Secret that ingresses mount. */
  readonly secretName: string;
  /** Who signs: an issuer of cert-manager, or the certificate itself where the cluster has none (P05, E08). */
  readonly issuer: CertificateIssuer;
}

export type CertificateIssuer =
  | { readonly by: "cert-manager"; readonly kind: "ClusterIssuer" | "Issuer"; readonly name: string }
  | { readonly by: "self-signed" };

/**
 * Pods that cert-manager makes in a certificate's namespace while it proves a host by HTTP-01, and the app that flows
 * call them by.
 */
const solver = "acme-solver";
export const solverSelectors = { [solver]: { "acme.cert-manager.io/http01-solver": "true" } };

/**
 * Lets an authority's question in to the solvers, through the ingress controller. An issuer that asks no host makes no
 * such pod.
 */
export const solverFlows = (issuer: CertificateIssuer, ingressFrom: readonly Outsider[]): Flow[] =>
  issuer.by === "cert-manager" ? flowsFrom(ingressFrom, solver, 8089) : [];

/** A TLS Secret that is renewed by cert-manager, or a self-signed one that says so. */
export class Certificate extends pulumi.ComponentResource {
  readonly secretName: string;

  constructor(name: string, args: CertificateArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:capability:Certificate", name, {}, options);
    this.secretName = args.secretName;
    const metadata = { namespace: args.namespace, labels: args.labels };
    if (args.issuer.by === "cert-manager") {
      new k8s.apiextensions.CustomResource(
        name,
        {
          apiVersion: "cert-manager.io/v1",
          kind: "Certificate",
          metadata: { name, ...metadata },
          spec: {
            secretName: args.secretName,
            dnsNames: [...args.hosts],
            issuerRef: { group: "cert-manager.io", kind: args.issuer.kind, name: args.issuer.name },
            duration: "2160h0m0s",
            renewBefore: "720h0m0s",
            privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
          },
        },
        { parent: this },
      );
    } else {
      void pulumi.log.info(
        `${args.secretName} is self-signed for ${args.hosts.join(", ")}, because the stack's clusterAddons do not name cert-manager`,
        this,
        undefined,
        true,
      );
      const seed = new random.RandomBytes(name, { length: 32 }, { parent: this });
      const pair = seed.hex.apply((hex) => selfSigned(hex, args.hosts));
      new k8s.core.v1.Secret(
        args.secretName,
        {
          metadata: { name: args.secretName, ...metadata, annotations: { "production-platform/self-signed": "true" } },
          type: "kubernetes.io/tls",
          stringData: { "tls.crt": pair.certificate, "tls.key": pair.key },
        },
        { parent: this },
      );
    }
    this.registerOutputs({ secretName: args.secretName });
  }
}
