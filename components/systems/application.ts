import type * as pulumi from "@pulumi/pulumi";
import { bundleServer } from "../../workloads/bundle.ts";
import { ContentMap } from "../capabilities/content-map.ts";
import type { Program, ProgramSource } from "../capabilities/program.ts";
import type { SharedConfig } from "../capabilities/shared-config.ts";
import { scripts } from "../capabilities/scripts.ts";
import { type Client, joined } from "../data/client.ts";
import type { ContainerArgs, Mount } from "../workload/container.ts";
import { type Replicas, Workload } from "../workload/workload.ts";
import { containerResources, type ResourceSettings } from "./setting-types.ts";

export interface ApplicationArgs {
  readonly namespace: string;
  readonly port: number;
  readonly program: Program;
  readonly replicas: Replicas;
  readonly resources: ResourceSettings;
  readonly env?: Readonly<Record<string, string>>;
  readonly clients?: readonly Client[];
  /** What the application mounts besides its clients' files. @default [] */
  readonly mounts?: readonly Mount[];
  /** Settings that are the application's environment as they are. */
  readonly config?: SharedConfig;
  readonly sidecars?: readonly ContainerArgs[];
  /** Labels of the pods. @default `{ app: <name> }` */
  readonly labels?: Readonly<Record<string, string>>;
  /** @default the application's name, as `kubectl set image` expects */
  readonly containerName?: string;
}

/** A private application of a system behind a Service of its own name, scraped by Prometheus where it tells metrics. */
export function application(name: string, args: ApplicationArgs, options: pulumi.ComponentResourceOptions): Workload {
  const { namespace, port, program } = args;
  const client = joined(args.clients ?? []);
  const { container, metricsPath, ...pod } = program;
  const main: ContainerArgs = {
    ...container,
    name: args.containerName ?? name,
    env: { PORT: String(port), ...container.env, ...args.env, ...client.env },
    ...(args.config && { envFrom: [args.config.configName] }),
    ports: { http: port },
    resources: containerResources(args.resources),
    mounts: [...container.mounts, ...client.mounts, ...(args.mounts ?? [])],
    preStopSleep: 5,
  };
  return new Workload(
    name,
    {
      ...pod,
      namespace,
      labels: args.labels ?? { app: name },
      annotations: {
        ...(metricsPath && {
          "prometheus.io/scrape": "true",
          "prometheus.io/port": String(port),
          "prometheus.io/path": metricsPath,
        }),
        ...args.config?.checksum,
        ...client.annotations,
      },
      controller: { kind: "Deployment" },
      replicas: args.replicas,
      terminationGracePeriod: "40s",
      ...(args.sidecars && { initContainers: args.sidecars }),
      containers: [main],
      service: { name, ports: { [port]: "http" } },
    },
    options,
  );
}

/** A stack's choice for a system's private programs. */
type Applications<Names extends string> =
  | { readonly source: "contract-server" }
  | ({ readonly source: "images"; readonly pullSecret?: string | undefined } & { readonly [name in Names]: string });

/**
 * Chooses between the stack's images and the contract server, whose bundle is made only where it is used. The result
 * gives the source of a program by its role in the contract server and by its name in the stack's configuration.
 */
export function programSources<Names extends string>(
  system: string,
  applications: Applications<Names>,
  namespace: string,
  options: pulumi.ComponentResourceOptions,
) {
  if (applications.source === "images") {
    return (_role: string, name: Names): ProgramSource => ({
      image: applications[name],
      pullSecret: applications.pullSecret,
    });
  }
  const bundle = bundleServer(system);
  const map = new ContentMap(
    "contract-server",
    {
      namespace,
      labels: { app: "contract-server" },
      files: {
        ...bundle.files,
        nc: scripts(new URL("../../workloads/tools/", import.meta.url).pathname, /^nc\.cjs$/)["nc.cjs"]!,
      },
      binaries: bundle.binaries,
    },
    options,
  );
  return (role: string, _name: Names): ProgramSource => ({ contractServer: { map: map.mapName, role } });
}
