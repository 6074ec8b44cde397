import type { V1CronJob, V1Job, V1Pod } from "@kubernetes/client-node";
import test from "ava";
import { backupAge, type BackupState, newestCopy } from "../../../operations/backup-age.ts";

const at = (time: string) => new Date(`2026-03-${time}:00Z`);

/** Daily at two, an hour late at most, and two hours long at most. */
const cronJob = (changes: Partial<V1CronJob["spec"]> = {}, lastSuccessfulTime?: Date): V1CronJob => ({
  metadata: { namespace: "data", creationTimestamp: at("01T12:00") },
  spec: {
    schedule: "0 2 * * *",
    timeZone: "Etc/UTC",
    startingDeadlineSeconds: 3600,
    jobTemplate: { spec: { activeDeadlineSeconds: 7200, template: {} } },
    ...changes,
  },
  ...(lastSuccessfulTime && { status: { lastSuccessfulTime } }),
});
const pod = (message: string, list: "initContainerStatuses" | "containerStatuses" = "initContainerStatuses"): V1Pod =>
  ({ status: { [list]: [{ name: "verify", state: { terminated: { exitCode: 0, message } } }] } }) as unknown as V1Pod;
const proof = (name: string, time: Date) =>
  pod(`{"verifiedCopy":"${name}","at":"${time.toISOString().replace(".000", "")}","bytes":4096}\n`);
const job = (completionTime: Date): V1Job => ({ status: { completionTime } });
const state = (parts: Partial<BackupState> = {}): BackupState => ({ cronJob: cronJob(), jobs: [], pods: [], ...parts });

test("a copy as new as the schedule promises passes, with its age, its name and the schedule (X07)", (t) => {
  t.deepEqual(backupAge(state({ pods: [proof("bgc-1", at("10T02:05"))] }), at("10T02:08")), {
    passed: true,
    detail: 'newest verified copy 3 min old (bgc-1), "0 2 * * *" Etc/UTC',
  });
});

test("a copy is too old once the next run had its time, be it started late or slow, and the line says what to look at (X07)", (t) => {
  const pods = [proof("bgc-1", at("10T02:05"))];
  t.deepEqual(backupAge(state({ pods }), at("11T05:00")), {
    passed: true,
    detail: 'newest verified copy 26 h old (bgc-1), "0 2 * * *" Etc/UTC',
  });
  t.deepEqual(backupAge(state({ pods }), at("11T05:01")), {
    passed: false,
    detail:
      'newest verified copy 26 h old (bgc-1), "0 2 * * *" Etc/UTC, and one was due by 2026-03-11T05:00Z: see "kubectl get jobs -n data"',
  });
});

test("a schedule means its own time zone", (t) => {
  const zoned = state({ cronJob: cronJob({ timeZone: "America/Sao_Paulo" }), pods: [proof("bgc-1", at("10T05:05"))] });
  t.deepEqual(
    [at("11T08:00"), at("11T08:01")].map((now) => backupAge(zoned, now).passed),
    [true, false],
  );
});

test("a weekly copy is good for a week", (t) => {
  const weekly = state({
    cronJob: cronJob({ schedule: "0 3 * * 0" }),
    pods: [proof("configuration-1", at("08T03:01"))],
  });
  t.deepEqual(backupAge(weekly, at("15T05:00")), {
    passed: true,
    detail: 'newest verified copy 7 days old (configuration-1), "0 3 * * 0" Etc/UTC',
  });
  t.false(backupAge(weekly, at("15T06:01")).passed);
});

test("without any copy the first run of the schedule is waited for, and no longer", (t) => {
  t.deepEqual(backupAge(state(), at("02T05:00")), {
    passed: true,
    detail: 'no verified copy is known, "0 2 * * *" Etc/UTC',
  });
  t.deepEqual(backupAge(state(), at("02T05:01")), {
    passed: false,
    detail:
      'no verified copy is known, "0 2 * * *" Etc/UTC, and one was due by 2026-03-02T05:00Z: see "kubectl get jobs -n data"',
  });
});

test("a suspended backup fails however new its copy is (X07)", (t) => {
  t.deepEqual(
    backupAge(state({ cronJob: cronJob({ suspend: true }), pods: [proof("bgc-1", at("10T02:05"))] }), at("10T02:06")),
    { passed: false, detail: '"0 2 * * *" Etc/UTC, SUSPENDED' },
  );
});

test("the newest proof counts, in whichever container it was made, and other programs' last words do not", (t) => {
  const archived = pod(`{"verifiedCopy":"bgc-3","at":"2026-03-12T02:05:00Z","bytes":1}`, "containerStatuses");
  t.deepEqual(
    newestCopy(
      state({
        pods: [
          proof("bgc-1", at("10T02:05")),
          archived,
          proof("bgc-2", at("11T02:05")),
          pod("panic: out of memory"),
          pod(""),
          {},
        ],
      }),
    ),
    { name: "bgc-3", at: at("12T02:05") },
  );
  t.is(newestCopy(state({ pods: [pod("panic: out of memory")] })), undefined);
});

test("a run that failed behind its proof, such as an upload, leaves a verified copy all the same", (t) => {
  t.is(
    newestCopy(state({ cronJob: cronJob({}, at("09T02:06")), pods: [proof("bgc-2", at("10T02:05"))] }))?.name,
    "bgc-2",
  );
});

test("where the pods are gone the end of a Job or the CronJob's note of it counts, without a name", (t) => {
  t.deepEqual(newestCopy(state({ jobs: [job(at("10T02:06")), job(at("11T02:06")), {}] })), { at: at("11T02:06") });
  t.deepEqual(
    newestCopy(
      state({
        cronJob: cronJob({}, at("12T02:06")),
        jobs: [job(at("11T02:06"))],
        pods: [proof("bgc-1", at("10T02:05"))],
      }),
    ),
    { at: at("12T02:06") },
  );
  t.deepEqual(backupAge(state({ cronJob: cronJob({}, at("12T02:06")) }), at("12T14:06")), {
    passed: true,
    detail: 'newest verified copy 12 h old, "0 2 * * *" Etc/UTC',
  });
});

test("the end of the very run that left a proof does not hide the copy's name", (t) => {
  t.is(
    newestCopy(
      state({
        cronJob: cronJob({}, at("10T04:05")),
        jobs: [job(at("10T02:07"))],
        pods: [proof("bgc-1", at("10T02:05"))],
      }),
    )?.name,
    "bgc-1",
  );
});
