import { type Case, fires, series, silent } from "./case.ts";
import { commonCases } from "./common.ts";
import { burnCases, histogram } from "./inputs.ts";

const namespace = "edi";
const volume = (metric: string) => series(metric, { namespace, persistentvolumeclaim: "bots-edi-data-pvc" });
const full = { namespace, persistentvolumeclaim: "bots-edi-data-pvc" };

/** What every replica reads of the one database. */
const replicas = (metric: string, values: string): Readonly<Record<string, string>> =>
  Object.fromEntries(["a", "b", "c"].map((pod) => [series(metric, { namespace, pod }), values]));
const counters = (transactions: string, errors: string): Readonly<Record<string, string>> => ({
  ...replicas("bots_transactions_total", transactions),
  ...replicas("bots_errors_total", errors),
});
const duration = (seconds: string): Readonly<Record<string, string>> => ({
  ...replicas("bots_processing_duration_seconds_sum", seconds),
  ...replicas("bots_processing_duration_seconds_count", "0+100x40"),
});

export const ediCases: readonly Case[] = [
  ...commonCases(namespace, {
    down: ["BotsWebserverDown", "bots-webserver"],
    backups: ["bots-db-backup"],
    certificate: "bots-edi-ingress",
    metrics: [
      "bots_database_up",
      "bots_transactions_total",
      "mysql_up",
      "platform:volume_used:ratio",
      "kube_deployment_status_replicas_available",
      "kube_cronjob_created",
    ],
  }),
  {
    alert: "BotsRecoveryOverdue",
    name: "the web server is away for longer than a recovery may take",
    series: {
      [series("kube_deployment_status_replicas_available", { namespace, deployment: "bots-webserver" })]: "0x20",
    },
    looks: [
      { at: "10m", fires: [] },
      { at: "16m", fires: [{ namespace, deployment: "bots-webserver" }] },
    ],
  },
  fires("BotsDatabaseUnreachable", "no replica reaches the database", replicas("bots_database_up", "0x10"), "4m", {
    namespace,
  }),
  fires(
    "BotsDatabaseUnreachable",
    "the exporter does not reach it, and no replica is there to say so",
    { [series("mysql_up", { namespace })]: "0x10" },
    "4m",
    { namespace },
  ),
  silent(
    "BotsDatabaseUnreachable",
    "one replica of two reaches the database",
    {
      [series("bots_database_up", { namespace, pod: "a" })]: "0x10",
      [series("bots_database_up", { namespace, pod: "b" })]: "1x10",
      [series("mysql_up", { namespace })]: "1x10",
    },
    "4m",
  ),
  fires(
    "VolumeAlmostFull",
    "a claim is at 95 %",
    { [volume("platform_volume_used_bytes")]: "95x10", [volume("platform_volume_size_bytes")]: "100x10" },
    "7m",
    full,
  ),
  fires(
    "VolumeAlmostFull",
    "nothing in the pod measures, and the kubelet says 95 %",
    {
      [volume("kubelet_volume_stats_used_bytes")]: "95x10",
      [volume("kubelet_volume_stats_capacity_bytes")]: "100x10",
    },
    "7m",
    full,
  ),
  silent(
    "VolumeAlmostFull",
    "the kubelet tells of the whole disk, and the claim has room",
    {
      [volume("platform_volume_used_bytes")]: "10x10",
      [volume("platform_volume_size_bytes")]: "100x10",
      [volume("kubelet_volume_stats_used_bytes")]: "95x10",
      [volume("kubelet_volume_stats_capacity_bytes")]: "100x10",
    },
    "7m",
  ),
  fires(
    "BotsHighErrorRate",
    "one transaction of ten fails, as three replicas tell",
    counters("0+100x40", "0+10x40"),
    "30m",
    { namespace },
  ),
  silent("BotsHighErrorRate", "three transactions of a hundred fail", counters("0+100x40", "0+3x40"), "30m"),
  silent(
    "BotsHighErrorRate",
    "a restore sets the counters back to a worse past",
    counters("2000+100x20 3000+100x40", "500+1x20 480+1x40"),
    "33m",
  ),
  fires(
    "BotsSlowProcessing",
    "half of the transactions take longer than two minutes",
    histogram("bots_processing_duration_seconds", { namespace, pod: "a" }, 120, 500),
    "30m",
    { namespace },
  ),
  silent(
    "BotsSlowProcessing",
    "one transaction of a hundred takes longer",
    histogram("bots_processing_duration_seconds", { namespace, pod: "a" }, 120, 990),
    "30m",
  ),
  fires("BotsProcessingAboveObjective", "forty seconds on average", duration("0+4000x40"), "30m", { namespace }),
  silent("BotsProcessingAboveObjective", "ten seconds on average", duration("0+1000x40"), "30m"),
  fires("BotsQueueDeep", "a hundred transactions wait", replicas("bots_queue_depth", "100x20"), "15m", { namespace }),
  silent("BotsQueueDeep", "99 wait, which three replicas tell", replicas("bots_queue_depth", "99x20"), "15m"),
  ...burnCases("ErrorBudget", 0.01, (bad) => counters("0+1000x100", `0+${bad}x100`), { namespace }),
];
