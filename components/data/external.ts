import * as pulumi from "@pulumi/pulumi";
import type { Tls } from "./tls.ts";

/** A server that somebody else runs, with the modes of TLS that its product knows. */
export interface ExternalServer<Mode extends string> {
  readonly kind: "external";
  readonly host: string;
  readonly port: number;
  /** Addresses the host resolves to: the only ones outside the cluster that clients may reach. */
  readonly cidr: string;
  /** Secret in the system's namespace whose key `password` is the user's; its owner rotates it. */
  readonly passwordSecret: string;
  readonly tls: Tls<Mode>;
}

/** Says in one line, in previews too, what the stack does not do for a store that somebody else runs. */
export function sayExternal(namespace: pulumi.Input<string>, store: string, server: string, missing: string): void {
  pulumi
    .output(namespace)
    .apply((name) =>
      pulumi.log.info(
        `${store} of ${name} is ${server}, which somebody else runs: this stack makes no ${missing} of it; see docs/external-stores.md`,
      ),
    );
}
