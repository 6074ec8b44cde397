import type { V1Container, V1CronJob, V1Job, V1PodTemplateSpec } from "@kubernetes/client-node";
import { UsageError } from "./errors.ts";
import { jobFrom, type JobSource, restores } from "./jobs.ts";

/** The folder of copies in a container of a backup. */
const folderOf = ({ env = [] }: V1Container): string => env.find(({ name }) => name === "BACKUPS")?.value ?? "/backups";

const podOf = ({ spec }: V1CronJob) => spec!.jobTemplate.spec!.template.spec!;

/** A container of a backup by its name, such as `verify`. Throws where the backup has none. */
function step(cronJob: V1CronJob, wanted: string): V1Container {
  const { initContainers = [], containers } = podOf(cronJob);
  const found = [...initContainers, ...containers].find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`CronJob ${cronJob.metadata?.name} has no container ${wanted}`);
  return found;
}

/** The copies, as a container that must not change them has them. */
const readOnly = (container: V1Container) =>
  (container.volumeMounts ?? []).map((mount) =>
    mount.mountPath === folderOf(container) ? { ...mount, readOnly: true } : mount,
  );

const variables = (env: Readonly<Record<string, string>>) =>
  Object.entries(env).map(([name, value]) => ({ name, value }));

/** A Job that runs once: a second try would only hide why the first one failed. */
const once = (job: V1Job, name: string, seconds: number, template: V1PodTemplateSpec): V1Job => {
  const { ownerReferences: _owner, ...metadata } = job.metadata!;
  return {
    metadata: { ...metadata, name, labels: template.metadata!.labels! },
    spec: {
      activeDeadlineSeconds: seconds,
      backoffLimit: 0,
      ttlSecondsAfterFinished: job.spec?.ttlSecondsAfterFinished ?? 86_400,
      template,
    },
  };
};

/** Longest that a run of a backup may take, in seconds. */
export const deadlineOf = ({ spec }: V1CronJob): number => spec?.jobTemplate.spec?.activeDeadlineSeconds ?? 3600;

/**
 * A Job that restores a copy with the very container that proves new ones. It is no run of the backup: with its labels
 * and its owner it would count as a fresh copy. It opens no connection, so it needs no way through the network.
 */
export function drillJob(cronJob: V1CronJob, name: string, namespace: string, copy: string, times: number): V1Job {
  const source: JobSource = { kind: "CronJob", name: cronJob.metadata!.name!, cronJob };
  const job = jobFrom(source, name, namespace);
  const verify = step(cronJob, "verify");
  const volumeMounts = readOnly(verify);
  const { initContainers: _steps, volumes = [], ...pod } = podOf(cronJob);
  return once(job, name, deadlineOf(cronJob) * times, {
    metadata: {
      labels: { app: `${source.name}-drill` },
      annotations: job.spec!.template.metadata?.annotations ?? {},
    },
    spec: {
      ...pod,
      volumes: volumes.filter((volume) => volumeMounts.some((mount) => mount.name === volume.name)),
      containers: [
        {
          ...verify,
          name: "drill",
          command: ["bash", "/scripts/drill.sh"],
          env: [...(verify.env ?? []), ...variables({ COPY: copy, TIMES: String(times) })],
          volumeMounts,
        },
      ],
    },
  });
}

/**
 * A Job that restores with the login, the copies and the labels of the step `dump`, and with the scratch volume and the
 * memory of the step `verify`. A note tells it from a run of the backup.
 */
export function backupJob(
  cronJob: V1CronJob,
  name: string,
  namespace: string,
  store: string,
  env: Readonly<Record<string, string>>,
): V1Job {
  const job = jobFrom({ kind: "CronJob", name: cronJob.metadata!.name!, cronJob }, name, namespace);
  const [dump, verify] = [step(cronJob, "dump"), step(cronJob, "verify")];
  const mounts = readOnly(dump);
  const scratch = (verify.volumeMounts ?? []).filter(
    ({ mountPath }) => !mounts.some((mount) => mount.mountPath === mountPath),
  );
  const { initContainers: _steps, ...pod } = podOf(cronJob);
  const { metadata, spec } = once(job, name, deadlineOf(cronJob), {
    metadata: { ...job.spec!.template.metadata },
    spec: {
      ...pod,
      containers: [
        {
          ...dump,
          name: "restore",
          command: ["bash", "/scripts/restore.sh"],
          env: [...(dump.env ?? []), ...variables(env)],
          ...(verify.resources && { resources: verify.resources }),
          volumeMounts: [...mounts, ...scratch],
        },
      ],
    },
  });
  return { metadata: { ...metadata, annotations: { ...metadata!.annotations, [restores]: store } }, spec: spec! };
}

/**
 * A Job that works on a server with the login and the way through the network of the Job that provisions it. Where a
 * CronJob is named it reads that backup's copies.
 */
export function serverJob(
  provision: JobSource & { readonly kind: "Job" },
  name: string,
  namespace: string,
  script: "restore" | "swap",
  env: Readonly<Record<string, string>>,
  backup?: V1CronJob,
): V1Job {
  const job = jobFrom(provision, name, namespace);
  const { metadata, spec } = job.spec!.template;
  const [login] = spec!.containers;
  const dump = backup && step(backup, "dump");
  const copies = dump && readOnly(dump).filter(({ mountPath }) => mountPath === folderOf(dump));
  const volumes =
    backup && podOf(backup).volumes?.filter((volume) => copies?.some((mount) => mount.name === volume.name));
  return once(job, name, backup ? deadlineOf(backup) : 600, {
    metadata: metadata!,
    spec: {
      ...spec!,
      volumes: [...(spec!.volumes ?? []), ...(volumes ?? [])],
      containers: [
        {
          ...login!,
          name: script,
          command: ["bash", `/scripts/${script}.sh`],
          env: [...(login!.env ?? []), ...variables({ ...env, ...(dump && { BACKUPS: folderOf(dump) }) })],
          ...(dump?.resources && { resources: dump.resources }),
          volumeMounts: [...(login!.volumeMounts ?? []), ...(copies ?? [])],
        },
      ],
    },
  });
}

/** The name of a copy as a person wrote it, which is that of a folder. Throws {@link UsageError} where it is none. */
export function copyNamed(name: unknown): string | undefined {
  if (name === undefined) return undefined;
  if (typeof name !== "string" || !/^[\w-]+(\.[\w-]+)*$/.test(name))
    throw new UsageError(`--copy "${String(name)}" is no name of a copy: they are like bgc-20260131T020000Z-abcde`);
  return name;
}

/** Why nothing begins while a Job works on a store or its copies. */
export const busyWith = ({ metadata }: V1Job, what: string, namespace: string): string =>
  `${metadata?.name} works on ${what}: wait for it, with kubectl wait -n ${namespace} --for=condition=Complete job/${metadata?.name} --timeout=2h`;

/** What is said of a backup that the stack declares and the cluster has not. */
export const noBackup = (cronJob: string, store: string, namespace: string): string =>
  `the CronJob ${cronJob} that copies ${store} is not in namespace ${namespace}: bring the stack up with npm run up`;
