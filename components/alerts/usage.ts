import type { Recording } from "./alert.ts";
import { within } from "./where.ts";

/** How full each volume is: by the measure in the pod, which works on every storage class, else by the kubelet's. */
export const volumeUsed = (namespace: string): Recording => {
  const of = (metric: string) => `max by (namespace, persistentvolumeclaim) (${metric}{${within(namespace)}})`;
  return {
    record: "platform:volume_used:ratio",
    expr: `${of("platform_volume_used_bytes")} / (${of("platform_volume_size_bytes")} > 0)
or
${of("kubelet_volume_stats_used_bytes")} / (${of("kubelet_volume_stats_capacity_bytes")} > 0)`,
  };
};

/** Memory that a container uses, as a share of its limit. */
export const memoryUsed = (namespace: string, containers: string): string => {
  const of = `${within(namespace)}, container=~"${containers}"`;
  return `max by (namespace, pod, container) (container_memory_working_set_bytes{${of}})
/ on (namespace, pod, container)
max by (namespace, pod, container) (kube_pod_container_resource_limits{${of}, resource="memory"} > 0)`;
};

/** Processor time that a container uses, as a share of its limit. */
export const cpuUsed = (namespace: string, containers: string): string => {
  const of = `${within(namespace)}, container=~"${containers}"`;
  return `sum by (namespace, pod, container) (rate(container_cpu_usage_seconds_total{${of}}[5m]))
/ on (namespace, pod, container)
max by (namespace, pod, container) (kube_pod_container_resource_limits{${of}, resource="cpu"} > 0)`;
};

/** Redis' memory as a share of what it may use; without a bound there is no share. */
export const redisMemoryUsed = (namespace: string): string =>
  `max by (namespace) (redis_memory_used_bytes{${within(namespace)}})
/ max by (namespace) (redis_memory_max_bytes{${within(namespace)}} > 0)`;

/** Reads that the cache answered, as a share of all; only where there is traffic, as nothing says nothing. */
export function cacheHitRate(namespace: string, least: number): string {
  const rate = (metric: string) => `sum by (namespace) (rate(${metric}{${within(namespace)}}[30m]))`;
  const [hits, misses] = [rate("redis_keyspace_hits_total"), rate("redis_keyspace_misses_total")];
  return `${hits} / (${hits} + ${misses}) < ${least}\nand ${hits} + ${misses} > 0.1`;
}
