/** What a cluster says about itself: its identity, or why there is none. `reached` where an API server answered, though not with that. */
export type Answer = { readonly uid: string } | { readonly problem: string; readonly reached: boolean };

/**
 * Asks a cluster for its identity, the UID of its namespace kube-system: it stays for the cluster's life, and a cluster that is made again under
 * the same name and address has another. `kubeconfig` is an object with a current context. Waits for 5 seconds. Never throws.
 */
export async function askCluster(kubeconfig: Record<string, unknown>): Promise<Answer> {
  const { ApiException, CoreV1Api, KubeConfig } = await import("@kubernetes/client-node"); // slow to load
  const client = new KubeConfig();
  try {
    client.loadFromString(JSON.stringify(kubeconfig));
    const { metadata } = await client.makeApiClient(CoreV1Api).readNamespace({ name: "kube-system" }, { signal: AbortSignal.timeout(5000) });
    return metadata?.uid ? { uid: metadata.uid } : { problem: "its namespace kube-system has no UID", reached: true };
  } catch (error) {
    if (error instanceof ApiException) return { problem: `it does not let you read the namespace kube-system, whose UID tells clusters apart (status ${error.code})`, reached: true };
    const { message, cause } = error as Error; // a failed connection has its reason below
    return { problem: (cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message).split("\n")[0]!, reached: false };
  }
}
