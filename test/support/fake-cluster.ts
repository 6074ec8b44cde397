import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";

/** A Kubernetes object, as loosely as a test needs it. */
export type Thing = {
  apiVersion?: string;
  kind: string;
  metadata: { name: string; namespace?: string; [field: string]: any };
  [field: string]: any;
};

/** A request that changes something, or reads a log. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: any;
}

interface Answered {
  readonly status: number;
  readonly body: unknown;
}

/** An API server that keeps objects and their versions, and has no controllers but those of a test. */
export interface FakeCluster {
  readonly kubeconfig: string;
  /** Changes that were asked for, as `METHOD path`, in their order; reviews of rights are none. */
  readonly changes: string[];
  get(kind: string, name: string): Thing | undefined;
  all(kind: string): Thing[];
  /** Adds or replaces an object, as a controller would. */
  put(thing: Thing): Thing;
  remove(kind: string, name: string): void;
  /** Answers before the server does. */
  before: (asked: Asked) => Answered | undefined;
  /** Does what controllers do, after a change was made. */
  after: (asked: Asked, thing: Thing) => void;
  /** What a person may do, as rules of a Role. */
  rules: readonly { apiGroups: string[]; resources: string[]; verbs: string[] }[];
  logs: Record<string, string>;
  stop(): Promise<void>;
}

const groups: Record<string, string> = {
  Deployment: "apps/v1",
  StatefulSet: "apps/v1",
  CronJob: "batch/v1",
  Job: "batch/v1",
  Lease: "coordination.k8s.io/v1",
  HorizontalPodAutoscaler: "autoscaling/v2",
  EndpointSlice: "discovery.k8s.io/v1",
  Ingress: "networking.k8s.io/v1",
  IngressClass: "networking.k8s.io/v1",
  Certificate: "cert-manager.io/v1",
  Pod: "v1",
  Service: "v1",
  ConfigMap: "v1",
  Secret: "v1",
  PersistentVolumeClaim: "v1",
  Event: "v1",
  Node: "v1",
  ResourceQuota: "v1",
  StorageClass: "storage.k8s.io/v1",
  PodDisruptionBudget: "policy/v1",
  NetworkPolicy: "networking.k8s.io/v1",
  ScaledObject: "keda.sh/v1alpha1",
  SealedSecret: "bitnami.com/v1alpha1",
  VolumeSnapshot: "snapshot.storage.k8s.io/v1",
};
const pluralOf = (kind: string) =>
  `${kind.toLowerCase()}${/s$/.test(kind) ? "es" : "s"}`.replace(/([^aeiou])ys$/, "$1ies");
const kindOf: Record<string, string> = Object.fromEntries(
  Object.keys(groups).map((kind) => [`${groups[kind]}/${pluralOf(kind)}`, kind]),
);

/** A merge patch of JSON: `null` removes, a list takes the place of a list. */
function merged<Value>(value: Value, patch: unknown): Value {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch as Value;
  const result: Record<string, unknown> = { ...(value as object) };
  for (const [name, part] of Object.entries(patch)) {
    if (part === null) delete result[name];
    else result[name] = merged(result[name], part);
  }
  return result as Value;
}

/** Starts one with these objects; it ends with the test. Objects without a namespace are in `data`. */
export async function fakeCluster(t: ExecutionContext, things: readonly Thing[]): Promise<FakeCluster> {
  const kept = new Map<string, Thing>();
  const key = (kind: string, name: string) => `${kind}/${name}`;
  let version = 0;
  const put = (thing: Thing): Thing => {
    const { metadata } = thing;
    const stored: Thing = {
      ...thing,
      apiVersion: groups[thing.kind]!,
      metadata: {
        namespace: "data",
        uid: `uid-${thing.kind}-${metadata.name}-${version}`,
        creationTimestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, version)).toISOString(),
        ...metadata,
        resourceVersion: String(++version),
      },
    };
    kept.set(key(thing.kind, metadata.name), stored);
    return stored;
  };
  for (const thing of things) put(thing);
  const everything = [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }];
  const cluster: FakeCluster = {
    kubeconfig: "",
    changes: [],
    rules: everything,
    logs: {},
    put,
    before: () => undefined,
    after: () => {},
    stop: async () => {},
    get: (kind, name) => kept.get(key(kind, name)),
    all: (kind) => [...kept.values()].filter((thing) => thing.kind === kind),
    remove: (kind, name) => void kept.delete(key(kind, name)),
  };
  const refusal = (status: number, message: string): Answered => ({
    status,
    body: { kind: "Status", status: "Failure", code: status, message },
  });

  function answer(asked: Asked): Answered {
    const early = cluster.before(asked);
    if (early) return early;
    const { method, path, body } = asked;
    const url = new URL(path, "http://server");
    if (url.pathname === "/api/v1/namespaces/kube-system")
      return { status: 200, body: { kind: "Namespace", metadata: { name: "kube-system", uid: "cluster-1" } } };
    if (url.pathname.endsWith("/selfsubjectrulesreviews"))
      return {
        status: 201,
        body: { ...body, status: { incomplete: false, nonResourceRules: [], resourceRules: cluster.rules } },
      };
    const [, version = "", namespace, plural = "", name, sub] =
      /^\/(?:api|apis)\/((?:[\w.-]+\/)?v\d\w*)(?:\/namespaces\/([^/]+))?\/(\w+)(?:\/([^/]+))?(?:\/(\w+))?$/.exec(
        url.pathname,
      ) ?? [];
    const kind = kindOf[`${version}/${plural}`];
    if (kind === undefined) return refusal(404, "the server could not find the requested resource");
    if (sub === "log")
      return {
        status: 200,
        body:
          cluster.logs[
            `${name} ${url.searchParams.get("container")}${url.searchParams.get("previous") === "true" ? " previous" : ""}`
          ] ?? "",
      };
    const there = name === undefined ? undefined : kept.get(key(kind, name));
    if (method === "GET" && name === undefined) {
      const wanted = (url.searchParams.get("labelSelector") ?? "")
        .split(",")
        .filter(Boolean)
        .map((each) => each.split("="));
      const items = cluster
        .all(kind)
        .filter(
          ({ metadata }) =>
            (namespace === undefined || metadata.namespace === namespace) &&
            wanted.every(([label = "", value]) =>
              value === undefined ? metadata["labels"]?.[label] !== undefined : metadata["labels"]?.[label] === value,
            ),
        );
      return { status: 200, body: { kind: `${kind}List`, apiVersion: version, metadata: {}, items } };
    }
    if (method !== "POST" && there === undefined) return refusal(404, `${plural} "${name}" not found`);
    if (method === "GET") return { status: 200, body: there };
    cluster.changes.push(`${method} ${url.pathname}`);
    if (sub === "eviction") {
      cluster.remove(kind, name!);
      cluster.after(asked, there!);
      return { status: 201, body: { kind: "Status", status: "Success" } };
    }
    if (method === "DELETE") {
      cluster.remove(kind, name!);
      return { status: 200, body: { kind: "Status", status: "Success" } };
    }
    if (method === "POST" && kept.has(key(kind, body.metadata.name)))
      return refusal(409, `${plural} "${body.metadata.name}" already exists`);
    const sent = body.metadata?.resourceVersion;
    if (["PUT", "PATCH"].includes(method) && sent !== undefined && sent !== there!.metadata["resourceVersion"])
      return refusal(409, `Operation cannot be fulfilled on ${plural} "${name}": the object has been modified`);
    const change =
      method === "PATCH"
        ? merged(there!, body)
        : sub === "status"
          ? { ...there!, status: body.status }
          : { ...body, kind };
    const stored = put(
      ["POST", "PATCH"].includes(method) ? change : { ...change, metadata: { ...there!.metadata, ...change.metadata } },
    );
    cluster.after(asked, stored);
    return { status: method === "POST" ? 201 : 200, body: kept.get(key(kind, stored.metadata.name)) ?? stored };
  }

  const server = createServer((request, response) => {
    let text = "";
    request
      .on("data", (chunk: Buffer) => (text += chunk.toString()))
      .on("end", () => {
        const { status, body } = answer({
          method: request.method!,
          path: request.url!,
          body: text === "" ? undefined : JSON.parse(text),
        });
        response
          .writeHead(status, {
            "content-type": typeof body === "string" ? "text/plain" : "application/json",
            connection: "close",
          })
          .end(typeof body === "string" ? body : JSON.stringify(body));
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const folder = mkdtempSync(join(tmpdir(), "fake-cluster-"));
  const kubeconfig = join(folder, "config");
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "here",
      clusters: [
        {
          name: "c",
          cluster: {
            server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
            "insecure-skip-tls-verify": true,
          },
        },
      ],
      users: [{ name: "u", user: { token: "secret-token" } }],
      contexts: [{ name: "here", context: { cluster: "c", user: "u" } }],
    }),
  );
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  t.teardown(async () => {
    rmSync(folder, { recursive: true, force: true });
    await stop();
  });
  return Object.assign(cluster, { kubeconfig, stop });
}
