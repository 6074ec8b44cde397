import { createServer, type AddressInfo } from "node:net";
import { CoreV1Api, type KubeConfig, PortForward } from "@kubernetes/client-node";

/** A Ready pod behind a Service, and the container port its Service port leads to. */
async function podBehind(
  kubeConfig: KubeConfig,
  namespace: string,
  service: string,
  port: number,
): Promise<{ pod: string; containerPort: number }> {
  const core = kubeConfig.makeApiClient(CoreV1Api);
  const { spec } = await core.readNamespacedService({ namespace, name: service });
  const labelSelector = Object.entries(spec?.selector ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const { items } = await core.listNamespacedPod({ namespace, labelSelector });
  const ready = items.find(
    ({ status, metadata }) =>
      !metadata?.deletionTimestamp &&
      status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
  );
  if (!ready?.metadata?.name)
    throw new Error(
      `no Ready pod behind service ${namespace}/${service} (selector ${labelSelector}, ${items.length} pods)`,
    );
  const target = spec?.ports?.find((candidate) => candidate.port === port)?.targetPort ?? port;
  const ports = ready.spec?.containers.flatMap((container) => container.ports ?? []) ?? [];
  const containerPort = typeof target === "number" ? target : ports.find(({ name }) => name === target)?.containerPort;
  if (containerPort === undefined) throw new Error(`service ${namespace}/${service} has no port ${port}`);
  return { pod: ready.metadata.name, containerPort };
}

/**
 * Lends a loopback port that leads to a Ready pod of a Service while `use` runs. It goes through the API server and the
 * kubelet, so it works from anywhere and past network policies.
 */
export async function withPortForward<T>(
  kubeConfig: KubeConfig,
  namespace: string,
  service: string,
  port: number,
  use: (localPort: number) => Promise<T>,
): Promise<T> {
  const { pod, containerPort } = await podBehind(kubeConfig, namespace, service, port);
  const forward = new PortForward(kubeConfig);
  const open = new Set<{ close(): void }>();
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    open.add({ close: () => socket.destroy() });
    forward.portForward(namespace, pod, [containerPort], socket, null, socket).then(
      (channel) => open.add("close" in channel ? channel : (channel() ?? { close() {} })),
      (error: Error) => socket.destroy(error),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    server.close();
    // A connection that is kept alive would keep this process from ending.
    for (const connection of open) connection.close();
  }
}
