import type { types } from "@pulumi/kubernetes";
import test from "ava";
import type { Manifest } from "../../../scripts/support/declared-objects.ts";
import { allContainers, type Container, podSpec } from "../../support/objects.ts";
import { listedNamespaces } from "../../support/listed-systems.ts";
import { stackVariant } from "../../support/stack-variant.ts";
import { title } from "./support/differing.ts";
import { cores, need, request, size } from "./support/need.ts";
import { references } from "./support/references.ts";

const variants = { dev: await stackVariant("dev"), prod: await stackVariant("prod") };
const stacks = { dev: variants.dev.objects, prod: variants.prod.objects };

const withPods = (objects: readonly Manifest[]) =>
  objects.filter(({ kind }) => ["Deployment", "StatefulSet", "Job", "CronJob"].includes(kind));
const running = (objects: readonly Manifest[]) =>
  objects.filter(({ kind }) => ["Deployment", "StatefulSet"].includes(kind));
/** Objects with a container for which the sentence is not true. */
const except = (objects: readonly Manifest[], holds: (container: Container) => boolean) =>
  withPods(objects).flatMap((object) =>
    allContainers(podSpec(object))
      .filter((container) => !holds(container))
      .map(({ name }) => `${title(object)} ${name}`),
  );
const hardened = ({
  securityContext: { runAsNonRoot, allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities, seccompProfile },
}: Container) =>
  runAsNonRoot &&
  !allowPrivilegeEscalation &&
  readOnlyRootFilesystem &&
  capabilities.drop.join() === "ALL" &&
  !capabilities.add &&
  seccompProfile.type === "RuntimeDefault";
const limited = ({ resources: { requests, limits } }: Container) =>
  ["cpu", "memory", "ephemeral-storage"].every((name) => requests[name] && limits[name]);
const ofKind = (objects: readonly Manifest[], kind: string, namespace: string | undefined) =>
  objects.filter((object) => object.kind === kind && object.metadata.namespace === namespace);

for (const [stack, { objects, targets }] of Object.entries(variants)) {
  test(`${stack}: every name is one that an API server takes, and none is declared twice`, (t) => {
    t.deepEqual(
      objects.filter(({ metadata }) => !/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(metadata.name)).map(title),
      [],
    );
    t.is(new Set(objects.map(title)).size, objects.length);
  });

  test(`${stack}: what pods refer to is declared, but for the credentials of the registry and of the bucket, and the authority of a server outside (E05, X06)`, (t) => {
    const somebodyElses = ["harbor-credentials", "backup-s3-credentials", "kona-ca"];
    const missing = withPods(objects).flatMap((object) => {
      const has = (kind: string, name: string) =>
        objects.some(
          (each) =>
            each.kind === kind && each.metadata.name === name && each.metadata.namespace === object.metadata.namespace,
        );
      return references(object)
        .filter(
          ({ kind, name }) =>
            !has(kind, name) && !(kind === "Secret" && (has("SealedSecret", name) || somebodyElses.includes(name))),
        )
        .map(({ kind, name }) => `${title(object)}: ${kind} ${name}`);
    });
    t.deepEqual([...new Set(missing)], []);
  });

  test(`${stack}: every namespace is under Pod Security restricted, and has a quota and limits (X01, X02)`, (t) => {
    const namespaces = objects.filter(({ kind }) => kind === "Namespace");
    t.deepEqual(
      namespaces.map(({ metadata }) => metadata.name).sort(),
      targets.map(({ namespace }) => namespace).sort(),
    );
    for (const {
      metadata: { name, labels },
    } of namespaces) {
      t.deepEqual(
        ["enforce", "audit", "warn"].map((mode) => labels?.[`pod-security.kubernetes.io/${mode}`]),
        ["restricted", "restricted", "restricted"],
        name,
      );
      t.deepEqual(
        [ofKind(objects, "ResourceQuota", name).length, ofKind(objects, "LimitRange", name).length],
        [1, 1],
        name,
      );
    }
  });

  test(`${stack}: no container is root, may become it, has a capability, or writes where it does not say so (X01)`, (t) => {
    t.deepEqual(except(objects, hardened), []);
    t.deepEqual(
      withPods(objects)
        .filter((object) => podSpec(object).securityContext.runAsUser === 0)
        .map(title),
      [],
    );
  });

  test(`${stack}: only the job that takes snapshots has a token of the API server, and it says so (X01, E11)`, (t) => {
    const asking = withPods(objects).filter(
      (object) =>
        podSpec(object).automountServiceAccountToken !== false ||
        podSpec(object).volumes.some(({ projected }) => projected),
    );
    t.deepEqual(asking.map(title), stack === "prod" ? ["edi/CronJob/bots-data-snapshots"] : []);
  });

  test(`${stack}: every container, init and sidecar too, asks for and is limited in all three resources (X02)`, (t) => {
    t.deepEqual(except(objects, limited), []);
    t.true(withPods(objects).flatMap((object) => allContainers(podSpec(object))).length > 50);
  });

  test(`${stack}: each quota holds its namespace with every autoscaler at its top, every update and every job under way (X02, P02, E01, G01)`, (t) => {
    const quotas = objects.filter(({ kind }) => kind === "ResourceQuota");
    t.is(quotas.length, targets.length);
    for (const {
      metadata: { namespace },
      ...quota
    } of quotas) {
      const { hard } = quota["spec"] as {
        hard: Record<"pods" | "requests.cpu" | "requests.memory" | "requests.storage", string>;
      };
      const { pods, cpu, memory, storage } = need(objects.filter(({ metadata }) => metadata.namespace === namespace));
      const [least, memoryLeast, storageLeast] = listedNamespaces.includes(namespace!)
        ? [5, 2 ** 29, 2 ** 30]
        : [0, 0, -1];
      t.true(pods > least && pods <= Number(hard.pods), `${namespace}: ${pods} pods of ${hard.pods}`);
      t.true(
        cpu > (least > 0 ? 0.1 : 0) && cpu <= cores(hard["requests.cpu"]),
        `${namespace}: ${cpu} cores of ${hard["requests.cpu"]}`,
      );
      t.true(
        memory > memoryLeast && memory <= size(hard["requests.memory"]),
        `${namespace}: ${memory} bytes of ${hard["requests.memory"]}`,
      );
      t.true(
        storage > storageLeast && storage <= size(hard["requests.storage"]),
        `${namespace}: ${storage} bytes of ${hard["requests.storage"]}`,
      );
    }
  });

  test(`${stack}: what serves has three probes, and life is not asked as readiness is (X03)`, (t) => {
    const servers = running(objects).flatMap((object) =>
      podSpec(object).containers.map((container) => ({ name: title(object), container })),
    );
    const action = ({ exec, httpGet, tcpSocket }: types.output.core.v1.Probe) =>
      JSON.stringify([exec, httpGet, tcpSocket]);
    t.deepEqual(
      servers
        .filter(({ container }) => !container.startupProbe || !container.readinessProbe || !container.livenessProbe)
        .map(({ name }) => name),
      [],
    );
    t.deepEqual(
      servers
        .filter(({ container }) => action(container.livenessProbe) === action(container.readinessProbe))
        .map(({ name }) => name),
      [],
    );
  });

  test(`${stack}: every workload has a budget that lets one pod go, is spread over nodes and has time to end (X04)`, (t) => {
    for (const object of running(objects)) {
      const budgets = ofKind(objects, "PodDisruptionBudget", object.metadata.namespace).filter(
        ({ metadata }) => metadata.name === object.metadata.name,
      );
      t.deepEqual(
        budgets.map((budget) => (budget["spec"] as { maxUnavailable: number }).maxUnavailable),
        [1],
        title(object),
      );
      const { topologySpreadConstraints, terminationGracePeriodSeconds } = podSpec(object);
      t.is(topologySpreadConstraints[0]?.topologyKey, "kubernetes.io/hostname", title(object));
      t.true(terminationGracePeriodSeconds >= 30, title(object));
    }
  });

  test(`${stack}: no credential stands in an environment, a ConfigMap or an argument (X06)`, (t) => {
    const secretName = /PASSWORD|SECRET|TOKEN|_KEY$|AUTH/;
    t.deepEqual(
      except(objects, ({ env }) =>
        (env ?? []).every(({ name, value }) => value === undefined || !secretName.test(name) || /_FILE$/.test(name)),
      ),
      [],
    );
    t.deepEqual(
      except(
        objects,
        ({ command, args }) =>
          ![...(command ?? []), ...(args ?? [])].some((word) => /password=|requirepass|--pass/i.test(word)),
      ),
      [],
    );
    const maps = objects
      .filter(({ kind }) => kind === "ConfigMap")
      .flatMap((object) =>
        Object.keys((object["data"] ?? {}) as object)
          .filter((key) => secretName.test(key))
          .map((key) => `${title(object)} ${key}`),
      );
    t.deepEqual(maps, []);
  });

  test(`${stack}: every store but a cache has a copy that is made, proven and pruned on a schedule (X07)`, (t) => {
    const stores = running(objects).filter(
      ({ metadata }) => !["redis-cache", undefined].includes(metadata.labels?.["production-platform/data-store"]),
    );
    t.true(stores.length >= 5, stores.map(title).join());
    for (const {
      metadata: { namespace, name },
    } of stores) {
      const backups = ofKind(objects, "CronJob", namespace).filter(
        ({ metadata }) => metadata.labels?.["production-platform/backup-of"] === name,
      );
      t.deepEqual(
        backups.map((backup) =>
          allContainers(podSpec(backup))
            .map((container) => container.name)
            .filter((step) => ["dump", "verify", "prune"].includes(step)),
        ),
        [["dump", "verify", "prune"]],
        `${namespace}/${name}`,
      );
    }
  });

  test(`${stack}: each backup has a first run of the same template, after which the stack counts as up (X07)`, (t) => {
    const backups = objects.filter(
      ({ kind, metadata }) => kind === "CronJob" && metadata.labels?.["production-platform/backup-of"],
    );
    t.is(backups.filter(({ metadata }) => listedNamespaces.includes(metadata.namespace!)).length, 8);
    for (const backup of backups) {
      const [first] = ofKind(objects, "Job", backup.metadata.namespace).filter(
        ({ metadata }) => metadata.name === `${backup.metadata.name}-first`,
      );
      t.deepEqual(
        first?.["spec"],
        (backup["spec"] as { jobTemplate: { spec: unknown } }).jobTemplate.spec,
        title(backup),
      );
    }
  });

  test(`${stack}: no pod may write more scratch to its node than its containers' ephemeral storage (X02)`, (t) => {
    for (const object of withPods(objects)) {
      const scratch = podSpec(object).volumes.flatMap(({ emptyDir }) =>
        emptyDir && !emptyDir.medium ? [size(emptyDir.sizeLimit)] : [],
      );
      const limits = podSpec(object).containers.map(({ resources }) => size(resources.limits["ephemeral-storage"]!));
      const most = Math.max(
        limits.reduce((sum, each) => sum + each, 0),
        ...(podSpec(object).initContainers ?? []).map(({ resources }) => size(resources.limits["ephemeral-storage"]!)),
      );
      t.true(scratch.reduce((sum, each) => sum + each, 0) < most, title(object));
    }
  });

  test(`${stack}: images are pinned, and jobs are bounded in time, tries and history, in a time zone (X08)`, (t) => {
    t.deepEqual(
      except(objects, ({ image }) => /:(?!latest)[\w][\w.-]*$/.test(image)),
      [],
    );
    for (const object of objects.filter(({ kind }) => kind === "Job" || kind === "CronJob")) {
      const { timeZone, jobTemplate, successfulJobsHistoryLimit, failedJobsHistoryLimit, ...own } = object[
        "spec"
      ] as types.output.batch.v1.CronJobSpec & types.output.batch.v1.JobSpec;
      const { activeDeadlineSeconds, backoffLimit } = jobTemplate?.spec ?? own;
      t.true(activeDeadlineSeconds > 0 && backoffLimit >= 0, title(object));
      if (jobTemplate)
        t.true(timeZone === "Etc/UTC" && successfulJobsHistoryLimit > 0 && failedJobsHistoryLimit > 0, title(object));
    }
  });
}

test("a container that is not hardened, or has no limit of one resource, is named (X01, X02)", (t) => {
  const objects = structuredClone(
    stacks.prod.filter(({ kind, metadata }) => kind === "CronJob" && metadata.name === "bots-db-backup"),
  );
  const [, dumpdata, dump] = allContainers(podSpec(objects[0]!));
  Object.assign(dumpdata!.securityContext, { readOnlyRootFilesystem: false });
  delete dump!.resources.limits["ephemeral-storage"];
  t.deepEqual(
    [except(objects, hardened), except(objects, limited)],
    [["edi/CronJob/bots-db-backup dumpdata"], ["edi/CronJob/bots-db-backup dump"]],
  );
});

test("an autoscaler's top counts against the quota, and not the number that it begins with (P02)", (t) => {
  const { pods, cpu } = need(
    stacks.prod.filter(({ metadata }) => metadata.namespace === "platform" && metadata.name === "platform-service"),
  );
  t.deepEqual([pods, cpu], [9, 9 * 0.255]);
});

test("the dev stack's systems ask for no more than two cores and 12 GiB when each runs at its least", (t) => {
  const least = running(stacks.dev).map((object) => {
    const scaler = ofKind(stacks.dev, "HorizontalPodAutoscaler", object.metadata.namespace).find(
      ({ metadata }) => metadata.name === object.metadata.name,
    );
    const pods =
      (scaler?.["spec"] as { minReplicas: number } | undefined)?.minReplicas ??
      (object["spec"] as { replicas: number }).replicas;
    return [pods * request(object, "cpu", cores), pods * request(object, "memory", size)] as const;
  });
  const [cpu, memory] = [0, 1].map((index) => least.reduce((sum, each) => sum + each[index]!, 0));
  t.true(cpu! > 0.5 && cpu! <= 2, `${cpu} cores`);
  t.true(memory! > 2 ** 31 && memory! <= 12 * 2 ** 30, `${memory! / 2 ** 20} MiB`);
});
