/** What a cluster says about itself: its identity, or why there is none. `reached` where an API server answered, though not with that. */
export type Answer = { readonly uid: string } | { readonly problem: string; readonly reached: boolean };

/**
 * Asks a cluster for its identity, the UID of its namespace kube-system: it stays for the cluster's life, and a cluster that is made again under
 * the same name and address has another. `kubeconfig` is an object with a current context. Waits for 10 seconds. Never throws.
 */
export async function askCluster(kubeconfig: Record<string, unknown>): Promise<Answer> {
  const { createConfiguration, HttpMethod, KubeConfig, RequestContext } = await import("@kubernetes/client-node"); // slow to load
  const client = new KubeConfig();
  try {
    client.loadFromString(JSON.stringify(kubeconfig));
    const request = new RequestContext(`${client.getCurrentCluster()!.server.replace(/\/+$/, "")}/api/v1/namespaces/kube-system`, HttpMethod.GET);
    // The client's typed calls take no signal, and would wait for a silent address for minutes.
    request.setSignal(AbortSignal.timeout(10_000));
    await client.applySecurityAuthentication(request);
    const { httpStatusCode, body } = await createConfiguration().httpApi.send(request).toPromise();
    const text = await body.text();
    if (httpStatusCode !== 200) return { problem: `it does not let you read the namespace kube-system, whose UID tells clusters apart (status ${httpStatusCode})`, reached: true };
    const { metadata } = JSON.parse(text) as { metadata?: { uid?: string } };
    return metadata?.uid ? { uid: metadata.uid } : { problem: "its namespace kube-system has no UID", reached: true };
  } catch (error) {
    return { problem: causeOf(error), reached: false };
  }
}

/** `fetch failed` says nothing; what it stands for is its cause. */
function causeOf(error: unknown): string {
  const { cause, message, code } = error as NodeJS.ErrnoException;
  return cause instanceof Error ? causeOf(cause) : (message || code || String(error)).split("\n")[0]!;
}
