import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** Eight hexadecimal digits that change when the content does. */
export function contentHash(...content: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 8);
}

/**
 * Files in an immutable ConfigMap whose name carries a hash of them: a change makes a new one, the pods that mount it
 * roll, and the old one goes when nobody needs it any more.
 */
export class ContentMap extends pulumi.ComponentResource {
  /** The name with its hash; known in preview. */
  readonly mapName: string;

  constructor(name: string, args: { readonly namespace: pulumi.Input<string>; readonly labels: Readonly<Record<string, string>>; readonly files: Readonly<Record<string, string>> }, options?: pulumi.ComponentResourceOptions) {
    super("platform:capability:ContentMap", name, {}, options);
    this.mapName = `${name}-${contentHash(args.files)}`;
    new k8s.core.v1.ConfigMap(name, {
      metadata: { name: this.mapName, namespace: args.namespace, labels: args.labels },
      immutable: true,
      data: args.files,
    }, { parent: this });
    this.registerOutputs({ mapName: this.mapName });
  }
}
