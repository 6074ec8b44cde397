import { type Case, fires, hourly, series, silent } from "./case.ts";

/**
 * Cases of a budget: `bad` in a thousand requests are bad, as `input` tells them from the first minute on. A month's
 * budget is gone in days at 20 times the objective, in weeks at twice, and never at half of it.
 */
export function burnCases(
  name: "ErrorBudget" | "LatencyBudget",
  budget: number,
  input: (badPerThousand: number) => Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): readonly Case[] {
  const at = (times: number) => input(1000 * budget * times);
  const slow = hourly(fires(`${name}BurnSlow`, "twice as much is bad as may be", at(2), "10h", labels));
  return [
    fires(`${name}BurnFast`, "twenty times as much is bad as may be", at(20), "30m", labels),
    silent(`${name}BurnFast`, "twice as much is bad as may be, which is for a working day", at(2), "30m"),
    slow,
    hourly(silent(`${name}BurnSlow`, "half as much is bad as may be", at(0.5), "10h")),
  ];
}

/** A histogram of which `share` of a thousand observations a step are under `bound`, and all under ten times that. */
export const histogram = (
  metric: string,
  labels: Readonly<Record<string, string>>,
  bound: number,
  under: number,
): Readonly<Record<string, string>> => ({
  [series(`${metric}_bucket`, { ...labels, le: String(bound) })]: `0+${under}x100`,
  [series(`${metric}_bucket`, { ...labels, le: String(bound * 10) })]: "0+1000x100",
  [series(`${metric}_bucket`, { ...labels, le: "+Inf" })]: "0+1000x100",
  [series(`${metric}_count`, labels)]: "0+1000x100",
});

/** Memory of a container against its limit, in hundredths; a restart shows it twice for a while. */
export const memory = (
  labels: Readonly<Record<string, string>>,
  percent: number,
): Readonly<Record<string, string>> => ({
  [series("container_memory_working_set_bytes", { ...labels, id: "before" })]: "30x30",
  [series("container_memory_working_set_bytes", { ...labels, id: "after" })]: `${percent}x30`,
  [series("kube_pod_container_resource_limits", { ...labels, resource: "memory" })]: "100x30",
  [series("kube_pod_container_resource_limits", { ...labels, resource: "cpu" })]: "1x30",
});

/** Reads of a cache, `hits` of them answered, of a hundred a step. */
export const reads = (namespace: string, hits: number): Readonly<Record<string, string>> => ({
  [series("redis_keyspace_hits_total", { namespace })]: `0+${hits}x60`,
  [series("redis_keyspace_misses_total", { namespace })]: `0+${100 - hits}x60`,
});
