import { type Program, type ProgramSource, server } from "../../capabilities/program.ts";
import { type Client, joined } from "../../data/client.ts";
import { reachable } from "../../data/reachable.ts";
import { containerResources, type ResourceSettings } from "../setting-types.ts";
import { labels, namespace } from "./stores.ts";

/** A pod of the one program that runs and ends, with everything it needs. */
export function job(
  name: string,
  component: string,
  { container, ...pod }: Program,
  clients: readonly Client[],
  resources: ResourceSettings,
  deadline: "15m" | "30m",
) {
  const client = joined(clients);
  return {
    ...pod,
    namespace,
    labels: labels(component),
    annotations: client.annotations,
    deadline,
    initContainers: [reachable(client.env["MYSQL_HOST"]!, client.env["MYSQL_PORT"]!)],
    containers: [
      {
        ...container,
        name,
        env: { ...container.env, ...client.env },
        resources: containerResources(resources),
        mounts: [...container.mounts, ...client.mounts],
      },
    ] as const,
  };
}

/**
 * The image's queue speaks no HTTP: its open port says that it lives, and Django's own check that it can reach its
 * database.
 */
export function jobqueue(source: ProgramSource): Program {
  const served = server(source, { readiness: "/readyz" });
  if (!("image" in source)) return served;
  const { metricsPath: _, ...program } = served;
  const { startup, liveness } = program.container.probes!;
  return {
    ...program,
    container: {
      ...program.container,
      command: ["bots-jobqueueserver"],
      probes: {
        startup,
        liveness,
        readiness: { exec: ["python", "manage.py", "check", "--database", "default"], period: "30s", timeout: "20s" },
      },
    },
  };
}
