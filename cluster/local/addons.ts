import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { clusterImages } from "../pins.ts";
import { run } from "../shell.ts";
import { addresses, files } from "./settings.ts";

const folder = join(import.meta.dirname, "addons");
const ingressFile = "traefik.yaml";

/** The Deployments that must be available before the cluster counts as up. */
export const addonDeployments = [
  { namespace: "kube-system", name: "coredns" },
  { namespace: "local-path-storage", name: "local-path-provisioner" },
  { namespace: "kube-system", name: "metrics-server" },
] as const;

export const kubectl = (bin: string, args: readonly string[], input?: string): Promise<string> =>
  run(join(bin, "kubectl"), ["--kubeconfig", files.kubeconfig, ...args], input === undefined ? {} : { input });

/** Name service, volumes and metrics: declared again on every start, which changes nothing when they are there. */
export const applyAddons = (bin: string): Promise<void> =>
  apply(
    bin,
    readdirSync(folder).filter((file) => file !== ingressFile),
  );

/**
 * The ingress controller, or its class alone: Ingresses that are made before the controller is built get the class all
 * the same.
 */
export const applyIngress = (bin: string, part: "class" | "all"): Promise<void> =>
  apply(bin, [ingressFile], part === "class" ? ["--selector", "part=class"] : []);

async function apply(bin: string, names: readonly string[], options: readonly string[] = []): Promise<void> {
  const values: Record<string, string> = {
    COREDNS: clusterImages.coredns,
    METRICS_SERVER: clusterImages.metricsServer,
    LOCAL_PATH: clusterImages.localPathProvisioner,
    BUSYBOX: clusterImages.busybox,
    TRAEFIK: clusterImages.traefik,
    INGRESS_ADDRESS: addresses.ingress,
    NODE_ADDRESS: addresses.node,
    DNS_ADDRESS: addresses.dns,
    VOLUMES: files.volumes,
  };
  const manifests = [...names]
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .join("\n---\n");
  // "$NAME" is a value from above; "$$" is a plain dollar sign.
  const filled = manifests.replace(/\$(\$|[A-Z_]+)/g, (_, name: string) => {
    if (name === "$") return "$";
    const value = values[name];
    if (value === undefined) throw new Error(`addons: there is no value for $${name}`);
    return value;
  });
  await kubectl(
    bin,
    ["apply", "--server-side", "--force-conflicts", "--field-manager=local-cluster", ...options, "-f", "-"],
    filled,
  );
}

export async function waitForAddons(bin: string): Promise<void> {
  for (const { namespace, name } of addonDeployments) {
    await kubectl(bin, ["rollout", "status", `deployment/${name}`, "-n", namespace, "--timeout=180s"]);
  }
}
