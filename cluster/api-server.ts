/** What an API server answered: its HTTP status and its text. */
export interface Reply {
  readonly status: number;
  readonly text: string;
}

/**
 * Reads paths such as `/api/v1/namespaces` from the API server of a kubeconfig with a current context. Each read waits for 10 seconds. It throws where
 * nobody answers, with the cause in one line; every answer of a server is returned.
 */
export async function apiServer(kubeconfig: Record<string, unknown>): Promise<(path: string) => Promise<Reply>> {
  const { createConfiguration, HttpMethod, KubeConfig, RequestContext } = await import("@kubernetes/client-node"); // slow to load
  const { httpApi } = createConfiguration();
  const client = new KubeConfig();
  return async (path) => {
    try {
      if (client.clusters.length === 0) client.loadFromString(JSON.stringify(kubeconfig));
      const request = new RequestContext(`${client.getCurrentCluster()!.server.replace(/\/+$/, "")}${path}`, HttpMethod.GET);
      request.setHeaderParam("Accept", "application/json");
      // The client's typed calls take no signal, and would wait for a silent address for minutes.
      request.setSignal(AbortSignal.timeout(10_000));
      await client.applySecurityAuthentication(request);
      const { httpStatusCode, body } = await httpApi.send(request).toPromise();
      return { status: httpStatusCode, text: await body.text() };
    } catch (error) {
      throw new Error(causeOf(error));
    }
  };
}

/** `fetch failed` says nothing; what it stands for is its cause. */
function causeOf(error: unknown): string {
  const { cause, message, code } = error as NodeJS.ErrnoException;
  return cause instanceof Error ? causeOf(cause) : (message || code || String(error)).split("\n")[0]!;
}
