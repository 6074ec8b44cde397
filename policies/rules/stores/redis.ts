import { inMebibytes, parseQuantity, parseRedisMemory } from "../../../settings/quantity.ts";
import { keepsVolume as celKeepsVolume, storeIs } from "../../cel/data-stores.ts";
import { dataStoreKind, dataStoreKinds, isRedis, keepsVolume } from "../../facts/data-stores.ts";
import { NotEvaluable } from "../../model/not-evaluable.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import { containersOf, podOf } from "../../model/pod-spec-walker.ts";
import type { WalkedContainer } from "../../model/pod-spec-walker.ts";
import type { ObjectRule, Rule, StackRule } from "../rule.ts";
import { mountedSources, serverSetting, settingValues } from "../../facts/server-settings.ts";

const base = {
  scope: "stack",
  kinds: dataStoreKinds,
  admission: {
    beyondCel: "Redis' settings may stand in a ConfigMap or a Secret that the pod mounts, which are other objects.",
  },
} as const;

const memory: StackRule = {
  ...base,
  id: "B06-redis-memory",
  row: ["B06"],
  severity: "high",
  title: "Redis sets maxmemory well below its container's memory limit",
  rationale: "Without maxmemory Redis grows until the kernel kills it, and forks need room above it.",
  remediation:
    "args: [redis-server, --maxmemory, 512mb, --maxmemory-policy, allkeys-lru]\nresources:\n  limits:\n    memory: 768Mi   # at least 1.5 x maxmemory",
  *check(object, objects, settings) {
    const kind = dataStoreKind(object);
    if (kind !== "redis-cache" && kind !== "redis-state") return;
    for (const container of redisContainers(object)) {
      const { name, resources } = container.spec;
      const maxmemory = serverSetting("maxmemory", container, object, objects);
      if (maxmemory === undefined)
        yield { path: `${container.path}.args`, message: "Redis has no maxmemory", container: name };
      if (kind === "redis-cache") {
        const policy = serverSetting("maxmemory-policy", container, object, objects);
        if (policy === undefined || policy === "noeviction") {
          yield {
            path: `${container.path}.args`,
            message: `Redis is a cache, but its maxmemory-policy is ${policy ?? "not set"}`,
            container: name,
          };
        }
      }
      const limit = parseQuantity(resources?.limits?.["memory"]);
      if (maxmemory === undefined || limit === undefined) continue;
      const bytes = parseRedisMemory(maxmemory);
      if (bytes === undefined)
        throw new NotEvaluable(`maxmemory of ${object.ref} is not a number that can be read from its manifest`);
      const { limitRatio } = settings["B06-redis-memory"];
      if (bytes * limitRatio > limit) {
        yield {
          path: `${container.path}.resources.limits.memory`,
          message: `memory limit ${resources?.limits?.["memory"]} is below ${limitRatio} x maxmemory ${maxmemory}`,
          container: name,
          fix: `resources:\n  limits:\n    memory: ${inMebibytes(bytes * limitRatio)}`,
        };
      }
    }
  },
};

const stateEviction: StackRule = {
  ...base,
  id: "G04-redis-state-eviction",
  row: ["G04", "B06"],
  severity: "critical",
  title: "A Redis that holds state never evicts keys without an expiry",
  rationale: "allkeys-* throws away limiter and breaker state as soon as memory is short.",
  remediation: "args: [redis-server, --maxmemory-policy, noeviction]   # or volatile-ttl",
  *check(object, objects) {
    for (const container of stateContainers(object)) {
      const policy = serverSetting("maxmemory-policy", container, object, objects);
      if (policy?.startsWith("allkeys-")) {
        yield {
          path: `${container.path}.args`,
          message: `Redis holds state, but its maxmemory-policy is ${policy}`,
          container: container.spec.name,
        };
      }
    }
  },
};

const persistence: StackRule = {
  ...base,
  id: "G03-redis-persistence",
  row: ["G03"],
  severity: "critical",
  title: "A Redis that holds state sets appendonly or save",
  rationale: "Without appendonly or save every restart begins with nothing: all breakers closed, all limits full.",
  remediation: 'args: [redis-server, --appendonly, "yes", --appendfsync, everysec, --save, "900 1 300 100"]',
  *check(object, objects) {
    for (const container of stateContainers(object)) {
      const [appendonly, save] = ["appendonly", "save"].map((name) => serverSetting(name, container, object, objects));
      if (appendonly === "yes" || save) continue;
      const message = `Redis holds state, but appendonly is ${appendonly ?? "not set"} and save is ${save === undefined ? "not set" : "empty"}`;
      yield { path: `${container.path}.args`, message, container: container.spec.name };
    }
  },
};

/** Commands that throw away everything at once. */
const flushes = ["FLUSHALL", "FLUSHDB"];

const flushDisabled: StackRule = {
  ...base,
  id: "G04-redis-flush",
  row: ["G04"],
  severity: "high",
  title: "A Redis that holds state disables FLUSHALL and FLUSHDB",
  rationale:
    "FLUSHALL is the runbooks' cure for a stale cache; typed into the wrong shell it opens every closed breaker and refills every limit.",
  remediation:
    'args: [redis-server, --rename-command, FLUSHALL, "", --rename-command, FLUSHDB, ""]   # or an aclfile without @dangerous',
  *check(object, objects) {
    for (const container of stateContainers(object)) {
      const renamed = new Set<string>();
      for (const value of settingValues("rename-command", container, object, objects)) {
        renamed.add(value.split(/\s/)[0]?.toUpperCase() ?? "");
        if (flushes.every((command) => renamed.has(command))) break;
      }
      const allowed = flushes.filter((command) => !renamed.has(command));
      if (allowed.length === 0 || serverSetting("aclfile", container, object, objects) !== undefined) continue;
      yield {
        path: `${container.path}.args`,
        message: `Redis holds state, and ${allowed.join(" and ")} may throw it away`,
        container: container.spec.name,
      };
    }
  },
};

const password: StackRule = {
  ...base,
  id: "X06-redis-password",
  row: ["X06", "G03"],
  severity: "high",
  title: "Redis requires a password",
  rationale: "Without one every program that reaches the port reads all sessions and limits, and writes what it likes.",
  remediation:
    "args: [redis-server, /credentials/redis/auth.conf]   # one line in a Secret that is mounted there: requirepass <generated>",
  *check(object, objects) {
    const kind = dataStoreKind(object);
    if (kind !== "redis-cache" && kind !== "redis-state") return;
    for (const container of redisContainers(object)) {
      if (
        readsSecret(container) ||
        ["requirepass", "aclfile", "user"].some((name) => serverSetting(name, container, object, objects) !== undefined)
      )
        continue;
      const message = "Redis has neither requirepass nor an aclfile, and no file of a Secret on its command line";
      yield { path: `${container.path}.args`, message, container: container.spec.name };
    }
  },
};

/** Whether a file of a mounted Secret is on the command line, or a variable of the image names its password. */
function readsSecret(container: WalkedContainer): boolean {
  const secrets = mountedSources(container)
    .filter(({ kind }) => kind === "Secret")
    .map(({ mountPath }) => `${mountPath}/`);
  const words = [...(container.spec.command ?? []), ...(container.spec.args ?? [])];
  const named = (container.spec.env ?? []).some(({ name }) => /^(?:REDIS|VALKEY)_PASSWORD(?:_FILE)?$/.test(name));
  return named || words.some((word) => secrets.some((path) => word.includes(path)));
}

const cacheVolume: ObjectRule = {
  id: "G04-cache-volume",
  scope: "object",
  kinds: dataStoreKinds,
  row: ["G04"],
  severity: "medium",
  title: "A Redis cache keeps no volume",
  rationale: "What is worth a volume is state: under the name of a cache it has no backup, and its keys are evicted.",
  remediation:
    "metadata:\n  labels:\n    production-platform/data-store: redis-state   # with a backup; or a cache without volume claims",
  admission: [
    { expression: `!${storeIs("redis-cache")} || !${celKeepsVolume}`, message: "Redis is a cache, but keeps a volume" },
  ],
  *check(object) {
    if (dataStoreKind(object) === "redis-cache" && keepsVolume(object))
      yield { path: "spec.volumeClaimTemplates", message: "Redis is a cache, but keeps a volume" };
  },
};

function stateContainers(object: KubernetesObject): WalkedContainer[] {
  return dataStoreKind(object) === "redis-state" ? redisContainers(object) : [];
}

function redisContainers(object: KubernetesObject): WalkedContainer[] {
  const pod = podOf(object);
  return pod === undefined ? [] : [...containersOf(pod)].filter(isRedis);
}

/** B06, G03, G04: caches and state are different Redis. */
export const redisRules: readonly Rule[] = [memory, stateEviction, persistence, flushDisabled, password, cacheVolume];
