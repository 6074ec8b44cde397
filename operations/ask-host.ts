import { request as plain } from "node:http";
import { request as secure } from "node:https";

/** A request to a public host at an ingress controller's address, whatever the host's name resolves to. */
export interface HostRequest {
  readonly address: string;
  readonly host: string;
  readonly tls: boolean;
  readonly path: string;
}

/**
 * The status that a public host answers with. Who signed its certificate is another question, so none is refused.
 * Throws without an answer after ten seconds.
 */
export function askHost({ address, host, tls, path }: HostRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = (tls ? secure : plain)(
      {
        host: address,
        path,
        headers: { host },
        servername: host,
        rejectUnauthorized: false,
        agent: false,
        timeout: 10_000,
      },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode!);
      },
    );
    request
      .on("timeout", () => request.destroy(new Error(`no answer from ${host} at ${address} after 10 s`)))
      .on("error", reject)
      .end();
  });
}
