import type { V1CronJob, V1Job, V1Pod } from "@kubernetes/client-node";
import { Cron } from "croner";

/** A copy that was restored and compared. Its name is gone when its pod is. */
export interface VerifiedCopy {
  readonly at: Date;
  readonly name?: string;
}

/** One whose pod is still there to say so. */
export interface ProvenCopy extends Required<VerifiedCopy> {
  readonly bytes: number;
}

/** What the API server knows of a backup. */
export interface BackupState {
  readonly cronJob: V1CronJob;
  /** Its runs, the first one and those by hand too. */
  readonly jobs: readonly V1Job[];
  readonly pods: readonly V1Pod[];
}

/** Whether a backup's newest verified copy is as new as its schedule promises, in words. */
export function backupAge(state: BackupState, now: Date): { readonly passed: boolean; readonly detail: string } {
  const { schedule = "", timeZone = "Etc/UTC", suspend } = state.cronJob.spec ?? {};
  const plan = `"${schedule}" ${timeZone}`;
  if (suspend) return { passed: false, detail: `${plan}, SUSPENDED` };
  const copy = newestCopy(state);
  const due = dueAfter(copy?.at ?? created(state.cronJob), state.cronJob);
  const late =
    now > due
      ? `, and one was due by ${due.toISOString().slice(0, 16)}Z: see "kubectl get jobs -n ${state.cronJob.metadata?.namespace}"`
      : "";
  const newest = copy
    ? `newest verified copy ${age(now.getTime() - copy.at.getTime())} old${copy.name ? ` (${copy.name})` : ""}`
    : "no verified copy is known";
  return { passed: late === "", detail: `${newest}, ${plan}${late}` };
}

/**
 * From what the verifying container left in its pod's status, which names the copy and was written before anything
 * after it could
 * fail; where pods are gone, from the end of a Job or the CronJob's own note of it, which come behind verification too.
 */
export function newestCopy({ cronJob, jobs, pods }: BackupState): VerifiedCopy | undefined {
  const left = pods.flatMap(provenBy).map(({ name, at }): VerifiedCopy => ({ name, at }));
  const ended = [cronJob.status?.lastSuccessfulTime, ...jobs.map(({ status }) => status?.completionTime)].flatMap(
    (time): VerifiedCopy[] => (time ? [{ at: new Date(time) }] : []),
  );
  const named = newest(left);
  const unnamed = newest(ended);
  // A run ends some time after its proof: only an end that no known proof explains is another run's.
  const runs = (cronJob.spec?.jobTemplate.spec?.activeDeadlineSeconds ?? 0) * 1000;
  return named && (!unnamed || unnamed.at.getTime() - named.at.getTime() <= runs) ? named : unnamed;
}

/** The copies that a pod's containers proved. */
export const provenBy = ({ status }: V1Pod): ProvenCopy[] =>
  [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].flatMap(({ state }) =>
    proof(state?.terminated?.message),
  );

const newest = (copies: readonly VerifiedCopy[]): VerifiedCopy | undefined =>
  copies.toSorted((one, other) => other.at.getTime() - one.at.getTime())[0];

/** What `keep_copy` of copy.sh writes, and its size in bytes. Anything else is a program's last words. */
function proof(message = ""): ProvenCopy[] {
  const [, name, at, bytes] = /^\{"verifiedCopy":"([^"]+)","at":"([^"]+)","bytes":(\d+)\}\s*$/.exec(message) ?? [];
  return name && at ? [{ name, at: new Date(at), bytes: Number(bytes) }] : [];
}

/**
 * When the next copy after this moment must be there: at the end of the next run, had it started as late and taken as
 * long as it may.
 */
function dueAfter(moment: Date, { spec }: V1CronJob): Date {
  const next = new Cron(spec?.schedule ?? "", { timezone: spec?.timeZone ?? "Etc/UTC" }).nextRun(moment);
  if (!next) throw new Error(`the schedule "${spec?.schedule}" never comes`);
  const patience = (spec?.startingDeadlineSeconds ?? 0) + (spec?.jobTemplate.spec?.activeDeadlineSeconds ?? 0);
  return new Date(next.getTime() + patience * 1000);
}

const created = ({ metadata }: V1CronJob): Date => new Date(metadata?.creationTimestamp ?? 0);

/** In the largest unit of which there are at least two, as kubectl does. */
export function age(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2 * 24 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / (24 * 60))} days`;
}
