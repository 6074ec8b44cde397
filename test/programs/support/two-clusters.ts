import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { ExecutionContext } from "ava";
import { stringify } from "yaml";
import { checkout } from "../../../scripts/support/checkout.ts";
import { copyCheckout } from "../../support/checkout-copy.ts";

/** A cluster's API server that knows its identity, and who changed something there. */
export interface FakeCluster {
  readonly context: string;
  readonly kubeconfig: string;
  readonly server: string;
  /** Changes that were asked for, as `METHOD path`, in their order. */
  readonly changes: readonly string[];
  /** Answers as another cluster from now on, as one that was made again under the same name. */
  become(uid: string): void;
  stop(): Promise<void>;
}

const clusterWide = (name: string, kind: string) => ({ name, kind, namespaced: false, verbs: ["get", "list"] });
/** What it has: no object at all. */
const served: Readonly<Record<string, object>> = {
  "/api/v1": { kind: "APIResourceList", groupVersion: "v1", resources: [clusterWide("namespaces", "Namespace")] },
  "/apis": { kind: "APIGroupList", groups: [] },
  "/apis/admissionregistration.k8s.io/v1": {
    kind: "APIResourceList",
    groupVersion: "admissionregistration.k8s.io/v1",
    resources: [
      clusterWide("validatingadmissionpolicies", "ValidatingAdmissionPolicy"),
      clusterWide("validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding"),
    ],
  },
};

/**
 * Starts one that answers on loopback, with a kubeconfig of its own; with `once`, from the moment on that this file
 * exists. It ends with the test.
 */
export async function fakeCluster(
  t: ExecutionContext,
  context: string,
  uid: string,
  once?: string,
): Promise<FakeCluster> {
  const changes: string[] = [];
  let identity = uid;
  const server = createServer((request, response) => {
    if (once !== undefined && !existsSync(once)) return void request.socket.destroy();
    if (request.method !== "GET") changes.push(`${request.method} ${request.url}`);
    const body = request.url!.startsWith("/api/v1/namespaces/kube-system")
      ? { kind: "Namespace", apiVersion: "v1", metadata: { name: "kube-system", uid: identity } }
      : (served[request.url!] ?? { items: [] });
    response.writeHead(200, { "content-type": "application/json", connection: "close" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = mkdtempSync(join(tmpdir(), "fake-cluster-"));
  const kubeconfig = join(folder, "config");
  writeFileSync(
    kubeconfig,
    stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": context,
      clusters: [
        { name: context, cluster: { server: address, "insecure-skip-tls-verify": true } },
        { name: "somebody-elses", cluster: { server: "https://203.0.113.1" } },
      ],
      users: [
        { name: context, user: { token: `token-of-${context}` } },
        { name: "somebody-elses", user: { token: "token-of-somebody-else" } },
      ],
      contexts: [
        { name: context, context: { cluster: context, user: context } },
        { name: "somebody-elses", context: { cluster: "somebody-elses", user: "somebody-elses" } },
      ],
    }),
  );
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  t.teardown(async () => {
    rmSync(folder, { recursive: true });
    await stop();
  });
  return {
    context,
    kubeconfig,
    server: address,
    changes,
    become: (other) => {
      identity = other;
    },
    stop,
  };
}

/** How a command ended, and all that it said. */
export interface Ended {
  readonly code: number;
  readonly said: string;
}

/**
 * A checkout of its own, whose engine is a stand-in and whose machine has nothing but these programs and kubeconfigs.
 */
export interface Place {
  readonly folder: string;
  /** Runs a command of the project; `variables` change its environment. */
  run(
    script: "up" | "down" | "cluster" | "admission" | "check",
    args: readonly string[],
    variables?: Record<string, string>,
  ): Promise<Ended>;
  /** What the engine was asked to do since the last look. */
  engine(): string[];
  /** Names of the resources that the engine's record of a stack has. */
  resources(stack: string): string[];
  /** Of a checkout that owns the local cluster, without a cluster to start. */
  own(cluster: { readonly uid: string }): void;
  /** Puts a stand-in for a program on PATH: a shell script. */
  program(name: string, script: string): void;
}

/** Makes a checkout with these stacks, each a file of `context`, or without one. */
export function place(
  t: ExecutionContext,
  stacks: Readonly<Record<string, string | undefined>>,
  state = mkdtempSync(join(tmpdir(), "machine-")),
): Place {
  t.timeout(600_000); // a process each for commands and engine, on a machine with other work
  const folder = copyCheckout({});
  t.teardown(() => {
    rmSync(folder, { recursive: true, force: true });
    rmSync(state, { recursive: true, force: true });
  });
  for (const [stack, context] of Object.entries(stacks))
    writeFileSync(
      join(folder, `Pulumi.${stack}.yaml`),
      stringify({ config: context === undefined ? {} : { "production-platform:context": context } }),
    );
  const bin = join(folder, "fakes");
  const log = join(folder, "engine.log");
  mkdirSync(bin);
  const program = (name: string, script: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  program("pulumi", `exec "${process.execPath}" "${join(import.meta.dirname, "fake-pulumi.mjs")}" "$@"`);
  program("pulumi-language-nodejs", "exit 1");
  return {
    folder,
    program,
    own: ({ uid }) => {
      mkdirSync(join(folder, ".state/backend"), { recursive: true });
      writeFileSync(join(folder, ".state/backend/id"), folder);
      mkdirSync(join(state, "cluster/kwok/clusters/local-platform"), { recursive: true });
      writeFileSync(join(state, "cluster/owner.json"), JSON.stringify({ id: folder, checkout: folder, cluster: uid }));
    },
    run: (script, args, variables = {}) =>
      new Promise((resolve, reject) => {
        const env = {
          PATH: [bin, dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter),
          HOME: folder,
          TMPDIR: tmpdir(),
          PLATFORM_STATE: state,
          PLATFORM_CACHE: join(folder, "cache"),
          FAKE_PULUMI_LOG: log,
          NODE_COMPILE_CACHE: join(checkout, ".state/compile-cache"),
          ...variables,
        };
        const child = spawn(process.execPath, [join(folder, `scripts/${script}.ts`), ...args], {
          cwd: folder,
          env,
          stdio: ["ignore", "pipe", "pipe"],
        });
        let said = "";
        for (const stream of [child.stdout, child.stderr])
          stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
        child.on("error", reject);
        child.on("close", (code) => resolve({ code: code ?? 1, said }));
      }),
    engine: () => {
      const calls = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").filter(Boolean) : [];
      rmSync(log, { force: true });
      return calls;
    },
    resources: (stack) => {
      const file = join(folder, ".state/backend/.pulumi/stacks/production-platform", `${stack}.json`);
      if (!existsSync(file)) return [];
      const { checkpoint } = JSON.parse(readFileSync(file, "utf8")) as {
        checkpoint: { latest: { resources: { urn: string }[] } | null };
      };
      return (checkpoint.latest?.resources ?? []).map(({ urn }) => urn.split("::").at(-1)!);
    },
  };
}
