import { setTimeout as pause } from "node:timers/promises";
import type { KubeConfig } from "@kubernetes/client-node";

/** An answer of an API server that is not a success. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status; 0 where nobody answered. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Reads a path of an API server as plain JSON. Throws an {@link ApiError}. */
export type Get = (path: string) => Promise<unknown>;

const timeoutMs = 30_000;
const attempts = 4;

/**
 * Reads from the cluster of a kubeconfig. The client's typed classes rename fields (`from` becomes `_from`) and drop
 * those that they do not
 * know, so that rules would not see what the server has: here answers stay as they are.
 */
export async function getFrom(config: KubeConfig): Promise<Get> {
  const { createConfiguration, HttpMethod, RequestContext } = await import("@kubernetes/client-node");
  const { httpApi } = createConfiguration();
  const server = config.getCurrentCluster()!.server.replace(/\/+$/, "");
  const once = async (path: string) => {
    const request = new RequestContext(`${server}${path}`, HttpMethod.GET);
    request.setHeaderParam("Accept", "application/json");
    request.setSignal(AbortSignal.timeout(timeoutMs));
    try {
      await config.applySecurityAuthentication(request);
      const { httpStatusCode, headers, body } = await httpApi.send(request).toPromise();
      return { status: httpStatusCode, headers, text: await body.text() };
    } catch (error) {
      throw new ApiError(0, `${server} does not answer: ${causeOf(error)}`);
    }
  };
  return async (path) => {
    for (let attempt = 1; ; attempt++) {
      const { status, headers, text } = await once(path);
      if (status === 200) return JSON.parse(text) as unknown;
      if (status !== 429 || attempt === attempts) throw new ApiError(status, messageOf(status, text));
      await pause(Math.min(Number(headers["retry-after"]) || 1, 5) * 1000); // the server is busy and says for how long
    }
  };
}

function messageOf(status: number, text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? `status ${status}`;
  } catch {
    return `status ${status}: ${text.slice(0, 200)}`;
  }
}

/** `fetch failed` says nothing; what it stands for is its cause. */
function causeOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? causeOf(cause) : message || (error as NodeJS.ErrnoException).code || String(error);
}
