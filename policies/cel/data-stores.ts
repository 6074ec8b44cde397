import { backupOf, dataStore } from "../../components/workload/labels.ts";
import type { DataStoreKind } from "../../components/workload/labels.ts";
import { isMain, volumes } from "./pods.ts";
import { anyOf, cel, piece } from "./template.ts";
import type { Cel } from "./template.ts";
import { postgresPort, serverImages, serverOf } from "../facts/data-stores.ts";

/*
 * The questions of facts/data-stores.ts as CEL. Each reads `object` and `variables.pod`; those about one container read
 * `container` as well.
 */

const declared = cel`object.metadata.?labels[?${dataStore}].orValue(object.metadata.?annotations[?${dataStore}].orValue(""))`;

/** Whether the CronJob is the backup of something. */
export const isBackup = cel`(
  object.metadata.?labels[?${backupOf}].hasValue() || object.metadata.?annotations[?${backupOf}].hasValue()
)`;

const image = (container: Cel, pattern: string) =>
  cel`${container}.?image.orValue("").matches(${`(?:^|/)(?:${pattern})(?::[^/@]*)?(?:@|$)`})`;

const listensOnPostgresPort = (container: Cel) =>
  cel`${container}.?ports.orValue([]).exists(port, port.?containerPort.orValue(0) == ${postgresPort})`;

/** Whether the workload's pods keep a volume of their own or a claim. */
export const keepsVolume = cel`(
  object.spec.?volumeClaimTemplates.orValue([]).size() > 0 || ${volumes}.exists(volume, has(volume.persistentVolumeClaim))
)`;

const [main, container] = [piece("main"), piece("container")];

const byImage = (kind: DataStoreKind): Cel => {
  const exact = image(main, serverImages[serverOf(kind)].exact);
  if (kind === "postgres")
    return cel`(${exact} || ${image(main, serverImages.postgres.labelled)} && ${listensOnPostgresPort(main)})`;
  if (kind === "redis-state") return cel`(${exact} && ${keepsVolume})`;
  if (kind === "redis-cache") return cel`(${exact} && !${keepsVolume})`;
  return exact;
};

/** Whether the workload is a data store of one of these kinds. */
export function storeIs(...kinds: readonly DataStoreKind[]): Cel {
  const recognized = cel`variables.pod.containers.exists(main, ${anyOf(kinds.map(byImage))})`;
  return cel`(${declared} == "" ? ${recognized} : ${declared} in ${kinds})`;
}

/** Whether the workload is a data store whose loss is a loss. */
export const isKeptStore = storeIs("postgres", "mysql", "kafka", "redis-state");

/** The server among the containers of a data store of this kind. */
export function servers(kind: DataStoreKind): Cel {
  const images: { exact: string; labelled?: string } = serverImages[serverOf(kind)];
  const named = cel`variables.pod.containers.filter(main, ${image(main, images.labelled ?? images.exact)})`;
  return cel`(${named}.size() > 0 ? ${named} : variables.pod.containers)`;
}

/** Whether the container is the Postgres server. */
export const isPostgres = cel`(
  ${isMain} && ${image(container, serverImages.postgres.labelled)} &&
  (${declared} == "postgres" || ${listensOnPostgresPort(container)})
)`;

/** Whether the container runs the server of any data store. */
export const isServer = cel`(${anyOf(Object.values(serverImages).map(({ exact }) => image(container, exact)))})`;

/** The value of an environment variable of the container that CEL calls so; empty where it has none. */
export function environment(of: string, name: string): Cel {
  return cel`${piece(of)}.?env.orValue([])
    .filter(variable, variable.name == ${name} && has(variable.value)).map(variable, variable.value).join("")`;
}

/** The words of the container's command line, in one text. */
export const commandLine = cel`(container.?command.orValue([]) + container.?args.orValue([])).join(" ")`;
