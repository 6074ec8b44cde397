import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import test, { type ExecutionContext } from "ava";
import { apiServer } from "../../../cluster/api-server.ts";
import { plainAccess } from "../../../cluster/plain-access.ts";
import { testAuthority } from "../../support/certificates.ts";

const kubeconfig = (port: number) => ({
  "current-context": "here",
  contexts: [{ name: "here", context: { cluster: "here", user: "me" } }],
  clusters: [{ name: "here", cluster: { server: `http://127.0.0.1:${port}/`, "insecure-skip-tls-verify": true } }],
  users: [{ name: "me", user: {} }],
});
const closed = (server: Server) => new Promise((resolve) => server.close(resolve));

test("an API server is read by path, and each of its answers comes back as it is; one that is gone is named by its cause", async (t) => {
  const server = createServer(
    ({ url, headers }, response) =>
      void response.writeHead(url === "/secret" ? 403 : 200).end(`${url} as ${headers.accept}`),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const read = await apiServer(kubeconfig(port));
  t.deepEqual(
    [await read("/api/v1/namespaces?labelSelector=a"), await read("/secret")],
    [
      { status: 200, text: "/api/v1/namespaces?labelSelector=a as application/json" },
      { status: 403, text: "/secret as application/json" },
    ],
  );
  server.closeAllConnections();
  await closed(server);
  await t.throwsAsync(read("/api"), { message: `connect ECONNREFUSED 127.0.0.1:${port}` });
});

/** An API server with TLS for `localhost`, which says who asks: by a client's certificate, or by a token. */
async function secured(t: ExecutionContext) {
  const authority = testAuthority("cluster");
  const { certificate, key } = authority.issue("localhost");
  const server = createSecureServer(
    { cert: certificate, key, ca: authority.certificate, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      response.end(`${subject?.CN ?? "nobody"} ${request.headers.authorization ?? "without a token"}`);
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { authority, server: `https://localhost:${(server.address() as AddressInfo).port}` };
}
const base64 = (text: string) => Buffer.from(text).toString("base64");
const access = (cluster: object, user: object = {}) => ({
  "current-context": "here",
  contexts: [{ name: "here", context: { cluster: "here", user: "me" } }],
  clusters: [{ name: "here", cluster }],
  users: [{ name: "me", user }],
});

test("a client's certificate and a token open an API server, from the kubeconfig or from files, and another authority's server is refused", async (t) => {
  const { authority, server } = await secured(t);
  const me = authority.issue("me");
  const folder = mkdtempSync(join(tmpdir(), "access-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const read = async (cluster: object, user?: object) => (await (await apiServer(access(cluster, user)))("/api")).text;
  const trusted = { server, "certificate-authority-data": base64(authority.certificate) };
  t.is(await read(trusted), "nobody without a token");
  t.is(
    await read(trusted, { "client-certificate-data": base64(me.certificate), "client-key-data": base64(me.key) }),
    "me without a token",
  );
  t.is(
    await read(
      { server, "certificate-authority": file("ca.crt", authority.certificate) },
      { "client-certificate": file("me.crt", me.certificate), "client-key": file("me.key", me.key) },
    ),
    "me without a token",
  );
  t.is(await read(trusted, { token: "old", tokenFile: file("token", "new\n") }), "nobody Bearer new");
  t.is(await read({ server, "insecure-skip-tls-verify": true }, { token: "a" }), "nobody Bearer a");
  t.is(
    await read({ ...trusted, server: server.replace("localhost", "127.0.0.1"), "tls-server-name": "localhost" }),
    "nobody without a token",
  );
  await t.throwsAsync(read({ server, "certificate-authority-data": base64(testAuthority("other").certificate) }), {
    message: "self-signed certificate in certificate chain",
  });
  await t.throwsAsync(read({ server, "certificate-authority": join(folder, "gone.crt") }), {
    message: `ENOENT: no such file or directory, open '${join(folder, "gone.crt")}'`,
  });
});

test("a login program opens an API server as well, which takes the client library", async (t) => {
  const { authority, server } = await secured(t);
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "echo",
    args: [
      '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"of-the-program"}}',
    ],
    interactiveMode: "Never",
  };
  const read = await apiServer(
    access({ server, "certificate-authority-data": base64(authority.certificate) }, { exec }),
  );
  t.is((await read("/api")).text, "nobody Bearer of-the-program");
});

test("what takes more than certificates and tokens is left to the client library", (t) => {
  const server = "https://cluster.example.com:6443";
  for (const user of [
    { exec: { command: "login" } },
    { "auth-provider": { name: "oidc" } },
    { as: "somebody" },
    { username: "admin", password: "x" },
  ])
    t.is(plainAccess(access({ server }, user)), undefined);
  t.is(plainAccess(access({ server, "proxy-url": "socks5://proxy" })), undefined);
  t.is(plainAccess(access({ server: `${server}/`, "proxy-url": "" }))?.server, server);
});
