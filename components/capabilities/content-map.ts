import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** Eight hexadecimal digits that change when the content does. */
export function contentHash(...content: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 8);
}

export interface ContentMapArgs {
  readonly namespace: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  /** Files that are no text, in base64. @default none */
  readonly binaries?: Readonly<Record<string, string>>;
}

/**
 * Files in an immutable ConfigMap whose name carries a hash of them: a change makes a new one, the pods that mount it
 * roll, and the old one goes when nobody needs it any more.
 */
export class ContentMap extends pulumi.ComponentResource {
  /** The name with its hash; known in preview. */
  readonly mapName: string;

  constructor(name: string, args: ContentMapArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:capability:ContentMap", name, {}, options);
    this.mapName = `${name}-${contentHash(args.files, args.binaries ?? {})}`;
    new k8s.core.v1.ConfigMap(
      name,
      {
        metadata: { name: this.mapName, namespace: args.namespace, labels: args.labels },
        immutable: true,
        data: args.files,
        ...(args.binaries && { binaryData: args.binaries }),
      },
      { parent: this },
    );
    this.registerOutputs({ mapName: this.mapName });
  }
}
