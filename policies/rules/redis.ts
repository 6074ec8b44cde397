import { dataStoreKind, dataStoreKinds, isRedis } from "../data-stores.ts";
import { NotEvaluable } from "../kubernetes-object.ts";
import type { KubernetesObject } from "../kubernetes-object.ts";
import { containersOf, podOf } from "../pod-spec-walker.ts";
import type { WalkedContainer } from "../pod-spec-walker.ts";
import { parseQuantity, parseRedisMemory } from "../quantity.ts";
import type { Rule, StackRule } from "../rule.ts";
import type { Stack } from "../stack.ts";

const base = { scope: "stack", kinds: dataStoreKinds } as const;

const memory: StackRule = {
  ...base,
  id: "B06-redis-memory",
  row: ["B06"],
  severity: "high",
  title: "A Redis cache evicts before its container runs out of memory",
  rationale: "Without maxmemory Redis grows until the kernel kills it, and forks need room above it.",
  remediation: "args: [redis-server, --maxmemory, 512mb, --maxmemory-policy, allkeys-lru]\nresources:\n  limits:\n    memory: 768Mi   # at least 1.5 x maxmemory",
  *check(object, stack, settings) {
    const kind = dataStoreKind(object);
    if (kind !== "redis-cache" && kind !== "redis-state") return;
    for (const container of redisContainers(object)) {
      const { name, resources } = container.spec;
      const maxmemory = redisSetting("maxmemory", container, object, stack);
      if (kind === "redis-cache") {
        if (maxmemory === undefined) yield { path: `${container.path}.args`, message: "Redis has no maxmemory", container: name };
        const policy = redisSetting("maxmemory-policy", container, object, stack);
        if (policy === undefined || policy === "noeviction") {
          yield { path: `${container.path}.args`, message: `Redis is a cache, but its maxmemory-policy is ${policy ?? "not set"}`, container: name };
        }
      }
      const limit = parseQuantity(resources?.limits?.["memory"]);
      if (maxmemory === undefined || limit === undefined) continue;
      const bytes = parseRedisMemory(maxmemory);
      if (bytes === undefined) throw new NotEvaluable(`maxmemory of ${object.ref} is not a number that can be read from its manifest`);
      const { limitRatio } = settings["B06-redis-memory"];
      if (bytes * limitRatio > limit) {
        yield {
          path: `${container.path}.resources.limits.memory`,
          message: `memory limit ${resources?.limits?.["memory"]} is below ${limitRatio} x maxmemory ${maxmemory}`,
          container: name,
          fix: `resources:\n  limits:\n    memory: ${Math.ceil((bytes * limitRatio) / 2 ** 20)}Mi`,
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
  title: "A Redis that holds state evicts no key without an expiry",
  rationale: "allkeys-* throws away limiter and breaker state as soon as memory is short.",
  remediation: "args: [redis-server, --maxmemory-policy, noeviction]   # or volatile-ttl",
  *check(object, stack) {
    if (dataStoreKind(object) !== "redis-state") return;
    for (const container of redisContainers(object)) {
      const policy = redisSetting("maxmemory-policy", container, object, stack);
      if (policy?.startsWith("allkeys-")) {
        yield { path: `${container.path}.args`, message: `Redis holds state, but its maxmemory-policy is ${policy}`, container: container.spec.name };
      }
    }
  },
};

function redisContainers(object: KubernetesObject): WalkedContainer[] {
  const pod = podOf(object);
  return pod === undefined ? [] : [...containersOf(pod)].filter(isRedis);
}

/** A setting of redis-server: the arguments win over the configuration files it mounts, as in Redis itself. */
function redisSetting(name: string, { spec, pod }: WalkedContainer, object: KubernetesObject, stack: Stack): string | undefined {
  const line = [...(spec.command ?? []), ...(spec.args ?? [])].join(" ");
  const argument = new RegExp(`--${name}[\\s=]+["']?([^\\s"']+)`).exec(line)?.[1];
  if (argument !== undefined) return argument;
  const mounted = new Set((spec.volumeMounts ?? []).map((mount) => mount.name));
  for (const volume of pod.spec.volumes ?? []) {
    if (!mounted.has(volume.name)) continue;
    const sources = [volume, ...(volume.projected?.sources ?? [])];
    for (const source of sources) {
      // A volume names its Secret by secretName, a projected source by name.
      const secret = "secret" in source ? source.secret : undefined;
      const secretName = secret && ("secretName" in secret ? secret.secretName : "name" in secret ? secret.name : undefined);
      for (const text of [
        ...(source.configMap?.name ? textsOf("ConfigMap", source.configMap.name, object, stack) : []),
        ...(secretName ? textsOf("Secret", secretName, object, stack) : []),
      ]) {
        const value = new RegExp(`^[ \\t]*${name}[ \\t]+["']?([^\\s"']+)`, "m").exec(text)?.[1];
        if (value !== undefined) return value;
      }
    }
  }
  return undefined;
}

/** The texts of a mounted ConfigMap or Secret; one that another stack owns cannot be read, and the verdict is then open. */
function textsOf(kind: "ConfigMap" | "Secret", name: string, object: KubernetesObject, stack: Stack): string[] {
  const source = stack.inNamespace(kind, object.namespace).find((candidate) => candidate.name === name);
  if (source === undefined) throw new NotEvaluable(`${kind} ${object.namespace}/${name}, which configures Redis, is not in this stack`);
  const plain = Object.values((source.manifest["data"] ?? {}) as Record<string, string>);
  const decoded = kind === "Secret" ? plain.map((text) => Buffer.from(text, "base64").toString()) : plain;
  return [...decoded, ...Object.values((source.manifest["stringData"] ?? {}) as Record<string, string>)];
}

/** B06, G04: caches and state are different Redis. */
export const redisRules: readonly Rule[] = [memory, stateEviction];
