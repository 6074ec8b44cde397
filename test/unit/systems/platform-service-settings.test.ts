import test from "ava";
import { systemOf } from "./support/system.ts";

const before = await systemOf("prod", "platform-service");
const after = await systemOf("prod", "platform-service", {
  retainData: false,
  ingressClass: "internal",
  storageClass: "fast",
  "platform-service": {
    host: "platform.example.com",
    replicas: { min: 4, max: 6, targetCpuPercent: 50 },
    maintenance: true,
    config: { CACHE_TTL_SECONDS: "120" },
    logs: { keepDays: 3, storage: "128Mi" },
    audit: { retentionDays: 400 },
    postgres: { rotation: 2, maintenanceSchedule: "15 5 * * 6" },
    redis: { rotation: 3 },
  },
});
const name = "platform-service";
const configHash = "config.production-platform/platform-config";

test("a change of platform-config changes its values in place and rolls the Deployment, and only that (P03, P10)", (t) => {
  t.deepEqual(after.config("platform-config"), {
    MAINTENANCE_MODE: "true",
    AUDIT_RETENTION_DAYS: "400",
    CACHE_TTL_SECONDS: "120",
  });
  const hash = ({ pods }: typeof after) => pods("Deployment", name).annotations[configHash]!;
  t.regex(hash(after), /^[0-9a-f]{8}$/);
  t.not(hash(after), hash(before));
  t.false(configHash in after.pods("Deployment", "redis").annotations);
});

test("a rotation of platform-secrets rolls everything that logs in with it, and Redis's password only what uses that (P03, X06)", (t) => {
  const annotation = (secret: string) => `credential.production-platform/${secret}`;
  for (const [kind, workload] of [
    ["Deployment", name],
    ["CronJob", "audit-retention"],
    ["CronJob", "postgres-maintenance"],
    ["Job", /^platform-migrations-/],
  ] as const) {
    t.is(before.pods(kind, workload).annotations[annotation("platform-secrets")], "1");
    t.is(after.pods(kind, workload).annotations[annotation("platform-secrets")], "2");
  }
  t.is(after.pods("Deployment", name).annotations[annotation("redis-auth")], "3");
  t.is(after.pods("Deployment", "redis").annotations[annotation("redis-auth")], "3");
  t.is(after.pods("CronJob", "audit-retention").annotations[annotation("redis-auth")], undefined);
  t.is(
    after.pods("StatefulSet", "postgres").annotations[annotation("postgres-superuser")],
    "1",
    "the server reads it only on a new volume",
  );
  const provision = (names: readonly string[]) => names.find((each) => each.startsWith("Job/postgres-provision-"));
  t.not(provision(after.names), provision(before.names), "the new passwords are brought to the server by a new Job");
});

test("the autoscaler's range comes from the settings (P02)", (t) => {
  const { minReplicas, maxReplicas, metrics } = after.spec("HorizontalPodAutoscaler", name);
  t.deepEqual([minReplicas, maxReplicas, metrics[0]?.resource.target.averageUtilization], [4, 6, 50]);
  t.false("replicas" in after.spec("Deployment", name));
  t.is(after.targets[0]!.workloads.at(-1)!.replicas, 4);
});

test("retention, log cleaning and maintenance follow their settings (P06, P07, P08)", (t) => {
  t.is(after.env("CronJob", "audit-retention")["AUDIT_RETENTION_DAYS"], "400");
  t.regex(
    after.container("Deployment", name, "log-cleaner").command.join(" "),
    /find \/app\/logs -type f -mtime \+3 -print -delete/,
  );
  t.is(
    after.spec("Deployment", name).template.spec.volumes.find((each) => each.name === "app-logs")?.emptyDir.sizeLimit,
    "128Mi",
  );
  t.is(after.spec("CronJob", "postgres-maintenance").schedule, "15 5 * * 6");
});

test("a new host is in the Ingress's rule, its TLS part and the certificate, so that none is dropped (P05, P13)", (t) => {
  const { rules, tls, ingressClassName } = after.spec("Ingress", "platform-ingress");
  t.deepEqual(
    [rules.map(({ host }) => host), tls.map(({ hosts }) => hosts), ingressClassName],
    [["platform.example.com"], [["platform.example.com"]], "internal"],
  );
  t.deepEqual((after.get("Certificate", name)["spec"] as { dnsNames: string[] }).dnsNames, ["platform.example.com"]);
  t.is(before.spec("Ingress", "platform-ingress").ingressClassName, "traefik");
});

test("volumes outlive their StatefulSet whatever the stack retains, and take its storage class (X07)", (t) => {
  for (const { spec } of [before, after])
    t.deepEqual(spec("StatefulSet", "postgres").persistentVolumeClaimRetentionPolicy as unknown, {
      whenDeleted: "Retain",
      whenScaled: "Retain",
    });
  t.false("storageClassName" in before.spec("PersistentVolumeClaim", "audit-archive"), "the cluster's default class");
  for (const claim of ["audit-archive", "postgres-backup"])
    t.is(after.spec("PersistentVolumeClaim", claim).storageClassName, "fast", claim);
  t.is(after.spec("StatefulSet", "postgres").volumeClaimTemplates[0]!.spec.storageClassName, "fast");
});
