import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface SealedSecretArgs {
  readonly namespace: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  /** Values sealed for this namespace and name: `kubeseal --raw --namespace NS --name NAME`. Safe to commit. */
  readonly encryptedData: Readonly<Record<string, string>>;
}

/** A Secret whose values only the cluster's sealed-secrets controller can open (B16). The cluster needs that controller. */
export class SealedSecret extends pulumi.ComponentResource {
  readonly secretName: string;

  constructor(name: string, args: SealedSecretArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:capability:SealedSecret", name, {}, options);
    this.secretName = name;
    const metadata = { name, namespace: args.namespace, labels: args.labels };
    new k8s.apiextensions.CustomResource(name, {
      apiVersion: "bitnami.com/v1alpha1",
      kind: "SealedSecret",
      metadata,
      spec: { encryptedData: args.encryptedData, template: { metadata, type: "Opaque" } },
    }, { parent: this });
    this.registerOutputs({ secretName: name });
  }
}
