import { rootCertificates } from "node:tls";
import type * as pulumi from "@pulumi/pulumi";
import { ContentMap } from "../capabilities/content-map.ts";
import type { Mount } from "../workload/container.ts";

/** What an external server must prove before anything is sent to it. `Mode` is one of the product's own words. */
export interface Tls<Mode extends string> {
  readonly mode: Mode;
  /** Secret in the system's namespace whose key `ca.crt` holds the authorities that count. @default the public ones */
  readonly caSecret?: string | undefined;
}

/**
 * Of products without words of their own: no TLS, a certificate of an authority that counts, or one of it for the
 * server's name.
 */
export type TlsMode = "disable" | "verify-ca" | "verify-full";

/** Where the clients of a store find the authorities that count; nothing where the mode proves none. */
export interface Authorities {
  readonly file?: string;
  readonly mounts: readonly Mount[];
}

/**
 * The authorities for the store `name`, as one file whoever reads it. The public ones are Mozilla's, which Node.js
 * brings along: the images of
 * PostgreSQL, Redis and others carry none.
 */
export function authorities(
  name: string,
  { mode, caSecret }: Tls<string>,
  namespace: pulumi.Input<string>,
  options: pulumi.ComponentResourceOptions,
): Authorities {
  if (!/^verify/i.test(mode)) return { mounts: [] };
  const path = `/certificates/${name}`;
  if (caSecret) return { file: `${path}/ca.crt`, mounts: [{ path, secret: caSecret, files: { "ca.crt": "ca.crt" } }] };
  const map = new ContentMap(
    `${name}-public-authorities`,
    { namespace, labels: { app: name }, files: { "ca.crt": `${rootCertificates.join("\n")}\n` } },
    options,
  );
  return { file: `${path}/ca.crt`, mounts: [{ path, configMap: map.mapName }] };
}
