import type { TlsMode } from "../../../workloads/server/data/tls.ts";
import { testAuthority } from "../../support/certificates.ts";
import type { ImagePod } from "./image-pod.ts";

/** How a client is told to connect. */
export interface TlsCase<Server extends string> {
  readonly server?: Server;
  readonly mode?: TlsMode;
  readonly host?: string;
  readonly ca?: "ca.crt" | "stranger.crt";
}

/**
 * Folders of a pod with the user's password, the certificates of two authorities, and what the first one signed for a
 * server of two names.
 */
export function tlsFiles(
  pod: ImagePod,
  uid: number,
  name: string,
  secret: string,
  serverFiles: Readonly<Record<string, string>> = {},
) {
  const [authority, stranger] = [testAuthority("an authority of the test"), testAuthority("another authority")];
  const pair = authority.issue(name, "localhost");
  return {
    authority,
    stranger,
    password: pod.folderOf("credentials", uid, { password: secret }),
    certificates: pod.folderOf("certificates", uid, {
      "ca.crt": authority.certificate,
      "stranger.crt": stranger.certificate,
    }),
    server: pod.folderOf("server", uid, { "server.crt": pair.certificate, "server.key": pair.key, ...serverFiles }),
  };
}
