import { dataStore } from "../../../../components/workload/labels.ts";
import type { Manifest } from "../../../../policies/model/kubernetes-object.ts";
import { added, by, field, kept, onlyWhere, patternsOf } from "../mutation-pattern.ts";
import type { MutationPattern } from "../mutation-pattern.ts";

const kinds = ["StatefulSet", "Deployment"];
const storeOf = ({ metadata }: Manifest) => metadata?.labels?.[dataStore] ?? "";
const only = (kind: string, patterns: readonly MutationPattern[]) =>
  onlyWhere((manifest) => storeOf(manifest) === kind, patterns);
const args = "spec.template.spec.containers[*].args";

type Args = readonly string[];
/** Arguments without an option and its values. */
const without = (option: string, values = 1) =>
  by<Args>(`without ${option}`, (list) =>
    list.includes(option) ? list.toSpliced(list.indexOf(option), values + 1) : undefined,
  );
const set = (option: string, value: string) =>
  by<Args>(`${option} ${value}`, (list) => list.map((word, index) => (list[index - 1] === option ? value : word)));
const flag = (name: string, value: string) =>
  by<Args>(`${name}=${value}`, (list) => list.map((word) => (word.startsWith(`${name}=`) ? `${name}=${value}` : word)));
const postgres = (setting: string) =>
  by<Args>(setting, (list) => [...list.filter((word) => !word.startsWith(`${setting.split("=")[0]}=`)), "-c", setting]);

interface Env {
  readonly name: string;
  readonly value?: string;
}
const environment = (name: string, ...values: readonly string[]) =>
  kept(`spec.template.spec.containers[*].env[name=${name}].value`, ...values);
const alsoEnv = (env: Env) =>
  added(
    "spec.template.spec.containers[*].env",
    by(`${env.name}=${env.value}`, (list: readonly Env[] | undefined) => [...(list ?? []), env]),
  );

const all = onlyWhere(
  (manifest) => storeOf(manifest) !== "",
  patternsOf(
    kinds,
    kept("spec.persistentVolumeClaimRetentionPolicy.whenDeleted", "Delete"),
    kept("spec.persistentVolumeClaimRetentionPolicy.whenScaled", "Delete"),
    field("spec.volumeClaimTemplates"),
    kept(
      "",
      by("a Deployment", ({ kind, ...rest }: Manifest) =>
        kind === "StatefulSet" ? { ...rest, kind: "Deployment" } : undefined,
      ),
    ),
  ),
);

/** What protects the data of each kind of store. */
export const storePatterns = [
  ...all,
  ...["postgres", "mysql", "redis-state"].flatMap((kind) => only(kind, patternsOf(kinds, kept("spec.replicas", 2)))),
  ...only(
    "postgres",
    patternsOf(
      kinds,
      kept(
        args,
        ...[
          "fsync=off",
          "full_page_writes=off",
          "synchronous_commit=off",
          "max_connections=3",
          "max_connections=100000",
        ].map(postgres),
      ),
      alsoEnv({ name: "POSTGRES_HOST_AUTH_METHOD", value: "trust" }),
      kept("spec.template.spec.containers[*].livenessProbe.initialDelaySeconds", 5),
      kept("spec.template.spec.containers[*].livenessProbe.periodSeconds", 10),
      kept("spec.template.spec.containers[*].livenessProbe.failureThreshold", 3),
      kept("spec.template.spec.containers[*].livenessProbe.timeoutSeconds", 5),
      kept("spec.template.spec.containers[*].startupProbe.failureThreshold", 10),
    ),
  ),
  ...only(
    "redis-cache",
    patternsOf(
      kinds,
      kept(
        args,
        without("--maxmemory"),
        set("--maxmemory", "100gb"),
        without("--maxmemory-policy"),
        set("--maxmemory-policy", "noeviction"),
      ),
    ),
  ),
  ...only(
    "redis-state",
    patternsOf(
      kinds,
      kept(
        args,
        without("--maxmemory"),
        set("--maxmemory", "100gb"),
        set("--maxmemory-policy", "allkeys-lru"),
        without("--appendonly"),
        set("--appendonly", "no"),
        set("--appendfsync", "no"),
        without("--rename-command", 2),
      ),
    ),
  ),
  ...onlyWhere(
    (manifest) => storeOf(manifest).startsWith("redis"),
    patternsOf(
      kinds,
      kept(
        args,
        without("/credentials/redis/auth.conf", 0),
        by<Args>("--protected-mode no", (list) => [...list, "--protected-mode", "no"]),
      ),
    ),
  ),
  ...only(
    "mysql",
    patternsOf(
      kinds,
      kept(args, flag("--innodb-flush-log-at-trx-commit", "0"), flag("--sync-binlog", "0")),
      alsoEnv({ name: "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", value: "1" }),
    ),
  ),
  ...only(
    "kafka",
    patternsOf(
      kinds,
      environment("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "true"),
      environment("KAFKA_UNCLEAN_LEADER_ELECTION_ENABLE", "true"),
      environment("KAFKA_DEFAULT_REPLICATION_FACTOR", "1"),
      environment("KAFKA_MIN_INSYNC_REPLICAS", "1"),
      environment("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "1"),
      environment("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1"),
      environment("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1"),
      environment("KAFKA_LOG_DIRS", "/tmp/logs"),
    ),
  ),
];
