import { join } from "node:path";
import { buildIngressImage } from "../images/archives.ts";
import type { Print } from "../progress.ts";
import { applyIngress, kubectl } from "./addons.ts";
import { withClusterLock } from "./lock.ts";
import { importImages, processes, until } from "./node.ts";
import { whyTaken } from "./ports.ts";
import { addresses } from "./settings.ts";

/** The process that lends the machine's own HTTP ports, on loopback alone, to the ingress controller. */
export const entryProcess = "ingress-entry";
const ports = [80, 443] as const;

/** Whether the local cluster gets an ingress controller: always, unless `PLATFORM_INGRESS=off`. */
export const ingressIsWanted = (): boolean => process.env["PLATFORM_INGRESS"] !== "off";

/**
 * Starts the ingress controller and its entry, or what of it is missing. Its image takes minutes to build once on a
 * machine without a registry, so an update
 * goes on beside it. Where another program has the ports, one line says so: Ingresses are served inside the cluster
 * alone then.
 */
export async function startIngress(bin: string, print: Print): Promise<void> {
  if (!ingressIsWanted()) return print("no ingress controller: PLATFORM_INGRESS is off");
  const archives = await buildIngressImage(print);
  await withClusterLock(print, async () => {
    await importImages(archives, print);
    await applyIngress(bin, "all");
    await kubectl(bin, ["rollout", "status", "deployment/traefik", "-n", "kube-system", "--timeout=180s"]);
    if (processes.isRunning(entryProcess)) return;
    for (const port of ports) {
      const obstacle = await whyTaken(port);
      if (obstacle !== undefined)
        return print(
          `the ingress controller has no entry on this machine: port ${port} of 127.0.0.1 ${obstacle}. Free it, then: npm run cluster -- up`,
        );
    }
    processes.start(
      entryProcess,
      join(bin, entryProcess),
      ports.flatMap((port) => ["-door", `127.0.0.1:${port}=${addresses.ingress}:${port}`]),
    );
    await until(
      entryProcess,
      async () => processes.isRunning(entryProcess) && (await whyTaken(ports[1])) !== undefined,
    );
  });
}

/** Whether hosts of Ingresses answer on this machine's own ports. */
export const ingressAnswers = (): boolean => processes.isRunning(entryProcess);
