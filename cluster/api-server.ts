import { get as getPlain } from "node:http";
import { get as getSecure } from "node:https";
import { text as textOf } from "node:stream/consumers";
import { type PlainAccess, plainAccess } from "./plain-access.ts";

/** What an API server answered: its HTTP status and its text. */
export interface Reply {
  readonly status: number;
  readonly text: string;
}

/** How long an answer is waited for, in milliseconds. */
const patience = 10_000;

/**
 * Reads paths such as `/api/v1/namespaces` from the API server of a kubeconfig with one context. Each read waits for 10
 * seconds. It throws where
 * nobody answers, with the cause in one line; every answer of a server is returned. Rejects where a file of the
 * kubeconfig cannot be read.
 */
export async function apiServer(kubeconfig: Record<string, unknown>): Promise<(path: string) => Promise<Reply>> {
  const access = plainAccess(kubeconfig);
  const read = access === undefined ? await withLibrary(kubeconfig) : plain(access);
  return async (path) => {
    try {
      return await read(path);
    } catch (error) {
      throw new Error(causeOf(error));
    }
  };
}

function plain({ server, options }: PlainAccess): (path: string) => Promise<Reply> {
  const get = server.startsWith("https:") ? getSecure : getPlain;
  return (path) =>
    new Promise((resolve, reject) => {
      const request = get(
        `${server}${path}`,
        { ...options, agent: false, signal: AbortSignal.timeout(patience) },
        (response) => {
          textOf(response).then((text) => resolve({ status: response.statusCode!, text }), reject);
        },
      );
      request.on("error", reject);
    });
}

/**
 * The client library has 1,000 modules and takes a second to load, so it is left to the accesses that only it knows.
 */
async function withLibrary(kubeconfig: Record<string, unknown>): Promise<(path: string) => Promise<Reply>> {
  const { createConfiguration, HttpMethod, KubeConfig, RequestContext } = await import("@kubernetes/client-node");
  const { httpApi } = createConfiguration();
  const client = new KubeConfig();
  return async (path) => {
    if (client.clusters.length === 0) client.loadFromString(JSON.stringify(kubeconfig));
    const request = new RequestContext(
      `${client.getCurrentCluster()!.server.replace(/\/+$/, "")}${path}`,
      HttpMethod.GET,
    );
    request.setHeaderParam("Accept", "application/json");
    // The client's typed calls take no signal, and would wait for a silent address for minutes.
    request.setSignal(AbortSignal.timeout(patience));
    await client.applySecurityAuthentication(request);
    const { httpStatusCode, body } = await httpApi.send(request).toPromise();
    return { status: httpStatusCode, text: await body.text() };
  };
}

/** `fetch failed` says nothing; what it stands for is its cause. */
function causeOf(error: unknown): string {
  const { cause, message, code } = error as NodeJS.ErrnoException;
  return cause instanceof Error ? causeOf(cause) : (message || code || String(error)).split("\n")[0]!;
}
