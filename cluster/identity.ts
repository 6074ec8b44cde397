import { apiServer } from "./api-server.ts";

/**
 * What a cluster says about itself: its identity, or why there is none. `reached` where an API server answered, though
 * not with that.
 */
export type Answer = { readonly uid: string } | { readonly problem: string; readonly reached: boolean };

/**
 * Asks a cluster for its identity, the UID of its namespace kube-system: it stays for the cluster's life, and a cluster
 * that is made again under
 * the same name and address has another. `kubeconfig` is an object with a current context. Waits for 10 seconds. Never
 * throws.
 */
export async function askCluster(kubeconfig: Record<string, unknown>): Promise<Answer> {
  try {
    const read = await apiServer(kubeconfig);
    const { status, text } = await read("/api/v1/namespaces/kube-system");
    if (status !== 200)
      return {
        problem: `it does not let you read the namespace kube-system, whose UID tells clusters apart (status ${status})`,
        reached: true,
      };
    const { metadata } = JSON.parse(text) as { metadata?: { uid?: string } };
    return metadata?.uid ? { uid: metadata.uid } : { problem: "its namespace kube-system has no UID", reached: true };
  } catch (error) {
    return { problem: (error as Error).message, reached: false };
  }
}
