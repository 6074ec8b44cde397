import { backupOf, dataStore } from "../components/workload/labels.ts";
import type { DataStoreKind } from "../components/workload/labels.ts";
import { isMain, literal, volumes } from "./cel.ts";
import { postgresPort, serverImages, serverOf } from "./data-stores.ts";

/* The questions of data-stores.ts as CEL. Each reads `object` and `variables.pod`; those about one container read `container` as well. */

const declared = `object.metadata.?labels[?${literal(dataStore)}].orValue(object.metadata.?annotations[?${literal(dataStore)}].orValue(""))`;

/** Whether the CronJob is the backup of something. */
export const isBackup = `(object.metadata.?labels[?${literal(backupOf)}].hasValue() || object.metadata.?annotations[?${literal(backupOf)}].hasValue())`;

const image = (container: string, pattern: string) =>
  `${container}.?image.orValue("").matches(${literal(`(?:^|/)(?:${pattern})(?::[^/@]*)?(?:@|$)`)})`;

const listensOnPostgresPort = (container: string) =>
  `${container}.?ports.orValue([]).exists(port, port.?containerPort.orValue(0) == ${postgresPort})`;

/** Whether the workload's pods keep a volume of their own or a claim. */
export const keepsVolume = `(object.spec.?volumeClaimTemplates.orValue([]).size() > 0 || ${volumes}.exists(volume, has(volume.persistentVolumeClaim)))`;

const byImage = (kind: DataStoreKind): string => {
  const exact = image("main", serverImages[serverOf(kind)].exact);
  if (kind === "postgres")
    return `(${exact} || ${image("main", serverImages.postgres.labelled)} && ${listensOnPostgresPort("main")})`;
  if (kind === "redis-state") return `(${exact} && ${keepsVolume})`;
  if (kind === "redis-cache") return `(${exact} && !${keepsVolume})`;
  return exact;
};

/** Whether the workload is a data store of one of these kinds. */
export function storeIs(...kinds: readonly DataStoreKind[]): string {
  const recognized = `variables.pod.containers.exists(main, ${kinds.map(byImage).join(" || ")})`;
  return `(${declared} == "" ? ${recognized} : ${declared} in ${literal(kinds)})`;
}

/** Whether the workload is a data store whose loss is a loss. */
export const isKeptStore = storeIs("postgres", "mysql", "kafka", "redis-state");

/** The server among the containers of a data store of this kind. */
export function servers(kind: DataStoreKind): string {
  const images: { exact: string; labelled?: string } = serverImages[serverOf(kind)];
  const named = `variables.pod.containers.filter(main, ${image("main", images.labelled ?? images.exact)})`;
  return `(${named}.size() > 0 ? ${named} : variables.pod.containers)`;
}

/** Whether the container is the Postgres server. */
export const isPostgres = `(${isMain} && ${image("container", serverImages.postgres.labelled)} && (${declared} == "postgres" || ${listensOnPostgresPort("container")}))`;

/** Whether the container runs the server of any data store. */
export const isServer = `(${Object.values(serverImages)
  .map(({ exact }) => image("container", exact))
  .join(" || ")})`;

/** The value of a container's environment variable; empty where it has none. */
export function environment(container: string, name: string): string {
  return `${container}.?env.orValue([]).filter(variable, variable.name == ${literal(name)} && has(variable.value)).map(variable, variable.value).join("")`;
}

/** The words of the container's command line, in one text. */
export const commandLine = '(container.?command.orValue([]) + container.?args.orValue([])).join(" ")';
