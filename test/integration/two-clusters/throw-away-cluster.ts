import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { stringify } from "yaml";
import { buildPrograms, programPath } from "../../../cluster/build.ts";
import { simulator } from "../../../cluster/pins.ts";
import { run } from "../../../cluster/shell.ts";
import { eventually } from "../../support/cluster.ts";

/** A control plane whose one node is simulated: objects are accepted and pods count as Ready, and no container runs. */
export interface ThrowAwayCluster {
  /** A kubeconfig whose only context is `context`. */
  readonly kubeconfig: string;
  readonly context: string;
  /** What kubectl prints, with what it reads. Rejects where it fails. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Each object of the stack's namespace as kind, name, UID and version; the namespace too. */
  objects(): Promise<string[]>;
  /** A kubeconfig that leads here by the context of another cluster. */
  disguisedAs(context: string): string;
  remove(): Promise<void>;
}

/** What a stack declares, without what controllers write by themselves all the time. */
const kinds =
  "deployments,statefulsets,cronjobs,persistentvolumeclaims,services,configmaps,secrets,jobs,networkpolicies,serviceaccounts,poddisruptionbudgets,ingresses,limitranges";

/**
 * Starts one below `folder` with the toolchain's programs, on ports that are free. Nothing of this machine's own
 * cluster is used.
 */
export async function throwAwayCluster(bin: string, folder: string, context: string): Promise<ThrowAwayCluster> {
  const work = join(folder, context);
  mkdirSync(work, { recursive: true });
  await buildPrograms([simulator], () => {});
  // kwokctl would look for free ports by itself, and two that do so at once find the same ones.
  const [port, ...ports] = await Promise.all(Array.from({ length: 6 }, freePort));
  const [etcdPort, etcdPeerPort, kubeControllerManagerPort, kubeSchedulerPort, kwokControllerPort] = ports;
  writeFileSync(
    join(work, "kwok.yaml"),
    stringify({
      apiVersion: "config.kwok.x-k8s.io/v1alpha1",
      kind: "KwokctlConfiguration",
      options: {
        runtime: "binary",
        bindAddress: "127.0.0.1",
        kubeApiserverPort: port,
        etcdPort,
        etcdPeerPort,
        kubeControllerManagerPort,
        kubeSchedulerPort,
        kwokControllerPort,
        disableQPSLimits: true,
        etcdBinary: join(bin, "etcd"),
        kwokControllerBinary: programPath(simulator),
        kubeApiserverBinary: join(bin, "kube-apiserver"),
        kubeControllerManagerBinary: join(bin, "kube-controller-manager"),
        kubeSchedulerBinary: join(bin, "kube-scheduler"),
      },
    }),
  );
  const kwokctl = (...args: string[]) =>
    run(join(bin, "kwokctl"), [...args, "--name", context], {
      env: { KWOK_WORKDIR: work, PATH: `${bin}${delimiter}${process.env["PATH"]}` },
    });
  const remove = async () => void (await kwokctl("delete", "cluster"));
  try {
    await kwokctl(
      "create",
      "cluster",
      "--config",
      join(work, "kwok.yaml"),
      "--kubeconfig",
      join(work, "kubeconfig.kwok"),
      "--wait",
      "60s",
    );
    const data = (file: string) => readFileSync(join(work, "clusters", context, "pki", file)).toString("base64");
    const write = (name: string, file: string) => {
      writeFileSync(
        join(work, file),
        stringify({
          apiVersion: "v1",
          kind: "Config",
          "current-context": name,
          clusters: [
            { name, cluster: { server: `https://127.0.0.1:${port}`, "certificate-authority-data": data("ca.crt") } },
          ],
          users: [
            { name, user: { "client-certificate-data": data("admin.crt"), "client-key-data": data("admin.key") } },
          ],
          contexts: [{ name, context: { cluster: name, user: name } }],
        }),
        { mode: 0o600 },
      );
      return join(work, file);
    };
    const kubeconfig = write(context, "kubeconfig");
    const kubectl = (args: readonly string[], input?: string) =>
      run(join(bin, "kubectl"), ["--kubeconfig", kubeconfig, ...args], input === undefined ? {} : { input });
    await kubectl(["apply", "--filename=-"], JSON.stringify(simulatedNode));
    await eventually(
      `the node of ${context} being Ready`,
      60,
      () => kubectl(["get", "node", "simulated", '-o=jsonpath={.status.conditions[?(@.type=="Ready")].status}']),
      (status) => status === "True",
    );
    const line = '{range .items[*]}{.kind}/{.metadata.name} {.metadata.uid} {.metadata.resourceVersion}{"\\n"}{end}';
    const objects = async () => {
      const lists = await Promise.all(
        [
          ["get", "namespaces", "--field-selector=metadata.name=data"],
          ["get", kinds, "--namespace=data"],
        ].map((args) => kubectl([...args, `--output=jsonpath=${line}`])),
      );
      return lists.join("").split("\n").filter(Boolean).sort();
    };
    return {
      kubeconfig,
      context,
      kubectl,
      objects,
      remove,
      disguisedAs: (name) => write(name, `kubeconfig-as-${name}`),
    };
  } catch (error) {
    await remove().catch(() => {});
    throw error;
  }
}

const simulatedNode = {
  apiVersion: "v1",
  kind: "Node",
  metadata: {
    name: "simulated",
    annotations: { "kwok.x-k8s.io/node": "fake" },
    labels: { "kubernetes.io/hostname": "simulated", type: "kwok" },
  },
  status: {
    allocatable: { cpu: "8", memory: "32Gi", pods: "110", "ephemeral-storage": "100Gi" },
    capacity: { cpu: "8", memory: "32Gi", pods: "110", "ephemeral-storage": "100Gi" },
  },
};

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    }),
  );
}
