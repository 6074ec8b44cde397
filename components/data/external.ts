import * as pulumi from "@pulumi/pulumi";

/** Says in one line, in previews too, what the stack does not do for a store that somebody else runs. */
export function sayExternal(namespace: pulumi.Input<string>, store: string, server: string, missing: string): void {
  pulumi.output(namespace).apply((name) => pulumi.log.info(`${store} of ${name} is ${server}, which somebody else runs: this stack makes no ${missing} of it; see docs/external-stores.md`));
}
