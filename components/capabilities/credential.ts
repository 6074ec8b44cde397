import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

export interface CredentialArgs {
  readonly namespace: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  /** The Secret's type, which cannot change afterwards. @default "Opaque" */
  readonly type?: "Opaque" | "kubernetes.io/basic-auth";
  /** Raise it by one to get a new password; nothing else ever changes it (B20). @default 1 */
  readonly rotation?: number;
  /** Refuse to delete it while data encrypted or guarded by it lives on (X07). */
  readonly protect: boolean;
  /** What the Secret holds, made of the password. @default `{ password }` */
  readonly content?: (password: pulumi.Output<string>) => Record<string, pulumi.Input<string>>;
}

/**
 * A generated password in a Secret of the same name (X06). The Secret is updated in place on rotation; programs that
 * use it carry {@link generation} in their pod template, so that they roll with it.
 */
export class Credential extends pulumi.ComponentResource {
  readonly secretName: string;
  /** Annotation for the pods that use this credential: changes with the rotation, and reveals nothing. */
  readonly generation: Record<string, string>;
  readonly secret: k8s.core.v1.Secret;

  constructor(name: string, args: CredentialArgs, options?: pulumi.ComponentResourceOptions) {
    super("platform:capability:Credential", name, {}, options);
    const rotation = String(args.rotation ?? 1);
    this.secretName = name;
    this.generation = { [`credential.production-platform/${name}`]: rotation };
    // No special characters: the password also stands in connection strings and configuration files.
    const password = new random.RandomPassword(
      name,
      { length: 32, special: false, keepers: { rotation } },
      { parent: this },
    );
    this.secret = new k8s.core.v1.Secret(
      name,
      {
        metadata: { name, namespace: args.namespace, labels: args.labels },
        type: args.type ?? "Opaque",
        stringData: args.content?.(password.result) ?? { password: password.result },
      },
      {
        parent: this,
        // The password itself is not protected, or a rotation could not replace it; a destroy that passes over what is
        // protected passes over what that depends on, too.
        protect: args.protect,
      },
    );
    this.registerOutputs({ secretName: name });
  }
}
