import { images } from "../../components/images.ts";
import type { Manifest } from "../../scripts/support/declared-objects.ts";
import { eventually, kubectl, withManifest } from "./cluster.ts";
import { type Container, type DrillJob, runJob } from "./cron-job.ts";
import { find } from "./objects.ts";
import { type Changes, stackVariant } from "./stack-variant.ts";

const port = 9000;
const bucket = "copies";
const prefix = "drill";
const keys = { id: "drill", right: "right-secret-key", wrong: "wrong-secret-key" };
const server = "s3-drill";

interface PodTemplate {
  metadata: { labels: Record<string, string> };
  spec: DrillJob["spec"]["template"]["spec"];
}

/**
 * A throw-away S3 server in the namespace of a PostgreSQL backup, and the backup as it is declared with that bucket.
 */
export interface BucketDrill {
  readonly endpoint: string;
  /** One run of the backup, with the keys of a Secret. */
  run(secret?: "right" | "wrong"): ReturnType<typeof runJob>;
  /** What a shell prints in the folder of the copies that the server keeps. */
  inBucket(script: string): Promise<string>;
  /** Names of the objects below the prefix, as the S3 API lists them to a client. */
  listed(): Promise<string[]>;
  /** Downloads a copy and proves it with the script that proves new ones; what it prints, and then the row counts. */
  restored(copy: string): Promise<string>;
  /** Takes the server away. */
  vanish(): Promise<unknown>;
  cleanUp(): Promise<unknown>;
}

/** `settings` makes the stack's settings from those of the bucket. */
export async function bucketDrill(
  namespace: string,
  cronJob: string,
  settings: (s3: object) => Changes,
): Promise<BucketDrill> {
  const live = JSON.parse(await kubectl("get", "cronjob", cronJob, "-n", namespace, "-o", "json")) as Manifest;
  const named = (name: string) => ({ name, namespace });
  const secretNamed = (secret: "right" | "wrong") => `${server}-${secret}-keys`;
  const create = async (manifest: object) => {
    const { code, stderr } = await withManifest(manifest, "apply");
    if (code !== 0) throw new Error(stderr);
  };
  for (const secret of ["right", "wrong"] as const) {
    await create({
      apiVersion: "v1",
      kind: "Secret",
      metadata: named(secretNamed(secret)),
      stringData: { "access-key-id": keys.id, "secret-access-key": keys[secret] },
    });
  }

  const template = templateOf(live);
  const [{ securityContext, resources } = {} as Record<string, unknown>] = template.spec
    .initContainers as unknown as Record<string, unknown>[];
  // The server reads its folder anew after a second, so that a file that a test damages there is soon damaged; no time
  // at all keeps a core busy.
  const serve = `mkdir -p /data/${bucket}; exec rclone serve s3 /data --addr=:${port} --auth-key=${keys.id},${keys.right} --dir-cache-time=1s --config=/dev/null --cache-dir=/data/.cache`;
  await create({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...named(server), labels: { app: server } },
    spec: {
      ...without(template.spec, "initContainers"),
      containers: [
        {
          name: server,
          image: images.rclone,
          command: ["sh", "-c", serve],
          env: [],
          ports: [{ containerPort: port }],
          securityContext,
          resources,
          readinessProbe: { tcpSocket: { port } },
          volumeMounts: [{ name: "data", mountPath: "/data" }],
        },
      ],
      volumes: [{ name: "data", emptyDir: { sizeLimit: "1Gi" } }],
    },
  });
  await kubectl("wait", `pod/${server}`, "-n", namespace, "--for=condition=Ready", "--timeout=120s");
  const address = await kubectl("get", "pod", server, "-n", namespace, "-o", "jsonpath={.status.podIP}");
  const endpoint = `http://${address}:${port}`;

  const { objects } = await stackVariant(
    "dev",
    settings({
      cidrs: [`${address}/32`],
      endpoint,
      region: "here",
      bucket,
      prefix,
      credentialsSecret: secretNamed("right"),
    }),
  );
  const own = objects.filter(({ metadata }) => metadata.namespace === namespace);
  const declared = find(own, "CronJob", cronJob);
  await create({ ...find(own, "NetworkPolicy", cronJob), metadata: named(`${server}-client`) });
  await create({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: named(server),
    spec: {
      podSelector: { matchLabels: { app: server } },
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        { from: [{ podSelector: { matchLabels: template.metadata.labels } }], ports: [{ protocol: "TCP", port }] },
      ],
    },
  });

  const inPod = (script: string) => kubectl("exec", "-n", namespace, server, "--", "sh", "-ec", script);
  const remote = `:s3,provider=Other,access_key_id=${keys.id},secret_access_key=${keys.right},endpoint="${endpoint}":${bucket}/${prefix}`;
  return {
    endpoint,
    run: (secret = "right") => {
      const template = JSON.stringify((declared["spec"] as { jobTemplate: DrillJob }).jobTemplate).replaceAll(
        secretNamed("right"),
        secretNamed(secret),
      );
      const { metadata, spec } = JSON.parse(template) as DrillJob;
      return runJob({
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { ...metadata, ...named(`drill-${cronJob}-${secret}-${Date.now().toString(36)}`) },
        spec,
      } as Pick<DrillJob, "metadata">);
    },
    inBucket: (script) => inPod(`cd /data/${bucket}/${prefix}; ${script}`),
    listed: async () =>
      (await inPod(`rclone lsf --recursive --files-only --config=/dev/null '${remote}'`)).split("\n").sort(),
    restored: async (copy) => {
      const { metadata, spec } = templateOf(declared);
      const verify = spec.initContainers.find(({ name }) => name === "verify")!;
      const upload = spec.containers.find(({ name }) => name === "upload")! as Container & { volumeMounts: object[] };
      const folder = "/scratch/bucket";
      const download = `mkdir -p ${folder}/verified ${folder}/incoming; rclone copy --config=/dev/null '${remote}/${copy}' ${folder}/incoming/${copy}; echo ${folder}/incoming/${copy} >${folder}/incoming/current-$HOSTNAME`;
      const name = `${server}-restore`;
      await create({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { ...named(name), labels: metadata.labels },
        spec: {
          ...spec,
          initContainers: [
            {
              ...upload,
              name: "download",
              command: ["sh", "-ec", download],
              volumeMounts: [...upload.volumeMounts, { name: "scratch", mountPath: "/scratch" }],
            },
          ],
          containers: [
            {
              ...verify,
              env: [{ name: "BACKUPS", value: folder }],
              command: ["bash", "-ec", `bash /scripts/verify.sh; cat ${folder}/verified/${copy}/row-counts`],
            },
          ],
        },
      });
      try {
        const phase = await eventually(
          `the end of pod ${name}`,
          120,
          () => kubectl("get", "pod", name, "-n", namespace, "-o", "jsonpath={.status.phase}"),
          (seen) => /Succeeded|Failed/.test(seen),
        );
        const logs = await kubectl(
          "logs",
          "-n",
          namespace,
          name,
          phase === "Failed" ? "--all-containers" : "--container=verify",
        );
        if (phase === "Failed") throw new Error(logs);
        return logs;
      } finally {
        await kubectl("delete", "pod", name, "-n", namespace, "--wait=true");
      }
    },
    vanish: () => kubectl("delete", "pod", server, "-n", namespace, "--wait=true"),
    cleanUp: () =>
      kubectl(
        "delete",
        "-n",
        namespace,
        "--ignore-not-found",
        `pod/${server}`,
        `networkpolicy/${server}`,
        `networkpolicy/${server}-client`,
        `secret/${secretNamed("right")}`,
        `secret/${secretNamed("wrong")}`,
      ),
  };
}

const templateOf = (job: Manifest): PodTemplate =>
  (job["spec"] as { jobTemplate: { spec: { template: PodTemplate } } }).jobTemplate.spec.template;

function without<T extends object, Key extends keyof T>(object: T, key: Key): Omit<T, Key> {
  const { [key]: _, ...rest } = object;
  return rest;
}
