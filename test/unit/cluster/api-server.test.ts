import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import test from "ava";
import { apiServer } from "../../../cluster/api-server.ts";

const kubeconfig = (port: number) => ({
  "current-context": "here",
  contexts: [{ name: "here", context: { cluster: "here", user: "me" } }],
  clusters: [{ name: "here", cluster: { server: `http://127.0.0.1:${port}/`, "insecure-skip-tls-verify": true } }],
  users: [{ name: "me", user: {} }],
});
const closed = (server: Server) => new Promise((resolve) => server.close(resolve));

test("an API server is read by path, and each of its answers comes back as it is; one that is gone is named by its cause", async (t) => {
  const server = createServer(({ url, headers }, response) => void response.writeHead(url === "/secret" ? 403 : 200).end(`${url} as ${headers.accept}`));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const read = await apiServer(kubeconfig(port));
  t.deepEqual([await read("/api/v1/namespaces?labelSelector=a"), await read("/secret")], [{ status: 200, text: "/api/v1/namespaces?labelSelector=a as application/json" }, { status: 403, text: "/secret as application/json" }]);
  server.closeAllConnections();
  await closed(server);
  await t.throwsAsync(read("/api"), { message: `connect ECONNREFUSED 127.0.0.1:${port}` });
});
