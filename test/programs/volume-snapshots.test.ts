import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { selfSigned } from "../../components/capabilities/self-signed.ts";

interface Snapshot {
  readonly name: string;
  readonly day: string;
  readonly ready?: boolean;
  readonly error?: string;
}

const made = (days: string, ready = true, error?: string) =>
  [...days].map((day): Snapshot => ({ name: `data-${day}`, day, ready, ...(error && { error }) }));

/**
 * The script against an API server that has some snapshots; a new one becomes ready, or not. `refusals` requests are
 * cut off first.
 */
async function snapshot(
  t: ExecutionContext,
  {
    snapshots = [],
    ready = true,
    error,
    refusals = 0,
    keep = 2,
  }: { snapshots?: Snapshot[]; ready?: boolean; error?: string; refusals?: number; keep?: number },
) {
  const folder = mkdtempSync(join(tmpdir(), "snapshots-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const there = new Map(snapshots.map((each) => [each.name, each]));
  const { key, certificate } = selfSigned("ab".repeat(32), ["127.0.0.1.example"]);
  const requests: string[] = [];
  const shown = ({ name, day, ready: isReady, error: message }: Snapshot) => ({
    metadata: { name, creationTimestamp: `2026-03-0${day}T01:00:00Z` },
    status: { readyToUse: isReady, ...(message && { error: { message } }) },
  });
  const server = createServer({ key, cert: certificate }, async (request, response) => {
    requests.push(`${request.method} ${request.url!.replace(/^.*\/volumesnapshots/, "")}`);
    if (requests.length <= refusals) return void request.socket.destroy();
    const body = (await request.toArray()).join("");
    const name = request.url!.split("/volumesnapshots/")[1];
    if (request.method === "POST") {
      const { metadata } = JSON.parse(body) as { metadata: { name: string } };
      there.set(metadata.name, { name: metadata.name, day: "9", ready, ...(error && { error }) });
    }
    if (request.method === "DELETE") there.delete(name!);
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(
        JSON.stringify(
          name && request.method === "GET" ? shown(there.get(name)!) : { items: [...there.values()].map(shown) },
        ),
      );
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.teardown(() => server.close());
  writeFileSync(join(folder, "token"), "t");
  writeFileSync(join(folder, "ca.crt"), certificate);
  const script = readFileSync(
    new URL("../../components/capabilities/volume-snapshots.mjs", import.meta.url),
    "utf8",
  ).replaceAll("/var/run/secrets/kubernetes.io/serviceaccount", folder);
  writeFileSync(join(folder, "volume-snapshots.mjs"), script);
  const { port } = server.address() as AddressInfo;
  const child = spawn(process.execPath, [join(folder, "volume-snapshots.mjs")], {
    env: {
      NAMESPACE: "edi",
      CLAIM: "data",
      SNAPSHOT_CLASS: "csi",
      KEEP: String(keep),
      READY_SECONDS: "1",
      API_SECONDS: "2",
      PAUSE_SECONDS: "0.1",
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      KUBERNETES_SERVICE_PORT: String(port),
      NODE_TLS_REJECT_UNAUTHORIZED: "0",
      NODE_NO_WARNINGS: "1",
    },
  });
  t.teardown(() => child.kill());
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    code,
    left: [...there.keys()].map((name) => name.replace(/^data-\d{8}t\d{6}z$/, "data-new")).sort(),
    lines: said
      .trim()
      .split("\n")
      .map((line) => line.replaceAll(/data-\d{8}t\d{6}z/g, "data-new")),
    requests,
  };
}

test("behind a snapshot that is ready the oldest ready ones go, and those that never became ready (E11)", async (t) => {
  const { code, left, lines } = await snapshot(t, {
    snapshots: [...made("12"), ...made("3", false, "the quota is used up"), ...made("4")],
  });
  t.deepEqual(lines, [
    "data-new: asked for",
    "data-new: ready to use",
    "data-3: deleted, it never became ready to use: the quota is used up",
    "data-1: deleted, 2 newer ones are ready to use",
    "data-2: deleted, 2 newer ones are ready to use",
  ]);
  t.is(code, 0);
  t.deepEqual(left, ["data-4", "data-new"]);
});

test("a snapshot that does not become ready fails the run by name, and no copy goes for it (E11)", async (t) => {
  const { code, left, lines } = await snapshot(t, { snapshots: made("123"), ready: false, error: "the disk is gone" });
  t.deepEqual(lines, ["data-new: asked for", "FAILED: data-new is not ready to use after 1 s: the disk is gone"]);
  t.is(code, 1);
  t.deepEqual(left, ["data-1", "data-2", "data-3", "data-new"]);
});

test("snapshots that never become ready do not pile up: of them as many stay as are kept of ready ones (E11)", async (t) => {
  const { code, left, lines } = await snapshot(t, { snapshots: [...made("1"), ...made("234", false)], ready: false });
  t.deepEqual(lines, [
    "data-new: asked for",
    "data-2: deleted, it never became ready to use: the driver gives no reason",
    "data-3: deleted, it never became ready to use: the driver gives no reason",
    "FAILED: data-new is not ready to use after 1 s: the driver gives no reason",
  ]);
  t.is(code, 1);
  t.deepEqual(left, ["data-1", "data-4", "data-new"]);
});

test("an API server that cuts the first connections is waited for, and asked for one snapshot", async (t) => {
  const { code, lines, requests } = await snapshot(t, { refusals: 3 });
  t.deepEqual(lines, ["data-new: asked for", "data-new: ready to use"]);
  t.is(code, 0);
  t.is(requests.filter((request) => request.startsWith("POST")).length, 1);
});

test("an API server that never answers fails the run, and nothing was asked for", async (t) => {
  const { code, lines, requests } = await snapshot(t, { refusals: 1000 });
  t.is(code, 1);
  t.is(lines.length, 1);
  t.regex(
    lines[0]!,
    /^FAILED: the API server does not answer after 2 s: GET \/apis\/snapshot\.storage\.k8s\.io\/v1\/namespaces\/edi\/volumesnapshots\?labelSelector=\S+: (socket hang up|read ECONNRESET|.*disconnected before secure TLS.*)$/,
  );
  t.deepEqual(
    requests.filter((request) => request.startsWith("POST")),
    [],
  );
});
