import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface SealedSecretArgs {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Values sealed for this namespace and name: `kubeseal --raw --namespace NS --name NAME`. Safe to commit. */
  readonly encryptedData: Readonly<Record<string, string>>;
  /** Path of the values in the stack's configuration, for the message when nobody has sealed them yet. */
  readonly settingPath: string;
}

/** What stands in a stack's file for sealed values that nobody has made yet. */
export const unsealed = "REPLACE_WITH_KUBESEAL_OUTPUT";

/**
 * A Secret whose values only the cluster's sealed-secrets controller can open (B16). The cluster needs that controller.
 */
export class SealedSecret extends pulumi.ComponentResource {
  readonly secretName: string;

  constructor(name: string, args: SealedSecretArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:capability:SealedSecret", name, {}, options);
    this.secretName = name;
    const missing = Object.entries(args.encryptedData)
      .filter(([, value]) => value === unsealed)
      .map(([key]) => key);
    if (missing.length > 0) {
      const message = `${args.settingPath} still says ${unsealed} for ${missing.join(", ")}: seal it with "kubeseal --raw --namespace ${args.namespace} --name ${name}" and put the output there`;
      if (!pulumi.runtime.isDryRun()) throw new pulumi.RunError(message);
      void pulumi.log.warn(message, undefined, undefined, true);
    }
    const metadata = { name, namespace: args.namespace, labels: args.labels };
    new k8s.apiextensions.CustomResource(
      name,
      {
        apiVersion: "bitnami.com/v1alpha1",
        kind: "SealedSecret",
        metadata,
        spec: { encryptedData: args.encryptedData, template: { metadata, type: "Opaque" } },
      },
      { parent: this },
    );
    this.registerOutputs({ secretName: name });
  }
}
