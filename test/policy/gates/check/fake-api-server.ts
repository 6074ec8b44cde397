import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { check } from "../../../../policies/gates/check/check.ts";
import type { Checked, CheckOptions } from "../../../../policies/gates/check/check.ts";
import { defaults, today } from "./checking.ts";

/** A kind that the server has, and its objects; without a group it is in the core. */
export interface Served {
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly plural: string;
  readonly clusterWide?: boolean;
  readonly items?: readonly object[];
  /** Answered instead of a list, with the status. */
  readonly refused?: { readonly status: number; readonly message: string };
}

/** A running server. */
export interface FakeApiServer {
  /** Paths with queries, as they were asked for. */
  readonly requests: string[];
  /** Checks the cluster of this server. */
  check(options?: Partial<CheckOptions>, kubeconfig?: string): Promise<Checked>;
  /** Answers nobody any more. */
  stop(): Promise<void>;
  /** Stops, and removes the kubeconfig. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Starts an API server that knows these kinds and answers lists in pages of two objects. `before` may answer first. */
export async function fakeApiServer(
  served: readonly Served[],
  before: (path: string) => Answer | undefined = () => undefined,
): Promise<FakeApiServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url!;
    requests.push(path);
    const { status, body, headers } = before(path) ?? answer(served, new URL(path, "http://server"));
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
  const port = (server.address() as AddressInfo).port;
  writeFileSync(
    join(folder, "config"),
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "here",
      clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
      users: [{ name: "u", user: { token: "t" } }],
      contexts: [
        { name: "here", context: { cluster: "c", user: "u" } },
        { name: "there", context: { cluster: "c", user: "u" } },
      ],
    }),
  );
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    requests,
    stop,
    check: (options = {}, kubeconfig = join(folder, "config")) =>
      check(
        { ...defaults, inputs: [], live: {}, ...options },
        { base: folder, stdin: Readable.from([]), kubeconfig, today },
      ),
    close: async () => {
      rmSync(folder, { recursive: true, force: true });
      await stop();
    },
  };
}

function answer(served: readonly Served[], url: URL): Answer {
  const ok = (body: unknown) => ({ status: 200, body });
  const [, prefix, ...parts] = url.pathname.split("/");
  const groupVersion = (kind: Served) => (kind.group === undefined ? "v1" : `${kind.group}/${kind.version ?? "v1"}`);
  if (prefix === "apis" && parts.length === 0) {
    const groups = Map.groupBy(
      served.filter(({ group }) => group !== undefined),
      ({ group }) => group!,
    );
    return ok({
      kind: "APIGroupList",
      groups: [...groups].map(([name, kinds]) => ({
        name,
        versions: [...new Set(kinds.map(groupVersion))].map((version) => ({ groupVersion: version })),
        preferredVersion: { groupVersion: groupVersion(kinds[0]!) },
      })),
    });
  }
  const version = prefix === "api" ? "v1" : parts.splice(0, 2).join("/");
  if (prefix === "api") parts.shift();
  const kinds = served.filter((kind) => groupVersion(kind) === version);
  if (parts.length === 0) {
    return ok({
      kind: "APIResourceList",
      resources: kinds.flatMap(({ kind, plural, clusterWide = false }) => [
        { name: plural, kind, namespaced: !clusterWide, verbs: ["get", "list"] },
        { name: `${plural}/status`, kind, namespaced: !clusterWide, verbs: ["get"] },
      ]),
    });
  }
  const namespace = parts[0] === "namespaces" && parts.length === 3 ? parts[1] : undefined;
  const kind = kinds.find(({ plural }) => plural === parts.at(-1));
  if (kind === undefined)
    return { status: 404, body: { kind: "Status", message: "the server could not find the requested resource" } };
  if (kind.refused !== undefined)
    return { status: kind.refused.status, body: { kind: "Status", message: kind.refused.message } };
  const named = url.searchParams.get("fieldSelector")?.replace("metadata.name=", "");
  const metadata = (item: object) => (item as { metadata: { name: string; namespace?: string } }).metadata;
  const items = (kind.items ?? []).filter(
    (item) =>
      (namespace === undefined || metadata(item).namespace === namespace) &&
      (named === undefined || metadata(item).name === named),
  );
  const start = Number(url.searchParams.get("continue") ?? 0);
  const next = start + 2 < items.length ? { continue: String(start + 2) } : {};
  return ok({
    kind: `${kind.kind}List`,
    apiVersion: version,
    metadata: { resourceVersion: "1", ...next },
    items: items.slice(start, start + 2),
  });
}
