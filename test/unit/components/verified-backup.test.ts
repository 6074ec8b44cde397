import type * as pulumi from "@pulumi/pulumi";
import test from "ava";
import { type S3Copy, uploadFlows } from "../../../components/capabilities/verified-backup/upload.ts";
import { toolContainers } from "../../../components/capabilities/verified-backup/tool-container.ts";
import {
  VerifiedBackup,
  type VerifiedBackupArgs,
} from "../../../components/capabilities/verified-backup/verified-backup.ts";
import { images } from "../../../components/images.ts";
import { find, podSpec } from "../../support/objects.ts";
import { declaredBy } from "../../support/stack-variant.ts";

const tool = toolContainers("example.org/tool:v1", "scripts-01234567");
const declared = (changes: Partial<VerifiedBackupArgs> = {}) =>
  declaredBy(
    () =>
      new VerifiedBackup("orders-backup", {
        namespace: "shop",
        of: "orders",
        dataSize: "10Gi",
        retainData: true,
        identity: { uid: 999, gid: 999 },
        tool,
        steps: (copies, env) => [tool("dump", env, [copies]), tool("verify", env, [copies])],
        ...changes,
      }),
  );
const s3: S3Copy = {
  cidrs: ["192.0.2.0/24"],
  endpoint: "https://s3.example.com",
  region: "here",
  bucket: "copies",
  prefix: "orders",
  credentialsSecret: "bucket-keys",
};
const [plain, bucket, changed] = [
  await declared(),
  await declared({ s3 }),
  await declared({
    schedule: { cron: "5 1 * * 1", timeZone: "America/Sao_Paulo" },
    storage: "3Gi",
    storageClass: "slow",
    keepDays: 9,
    keepAtLeast: 2,
    deadline: "30m",
    claimName: "old-name",
    labels: { app: "bots", component: "backup" },
  }),
];
type Objects = typeof plain;
const spec = (objects: Objects) =>
  find(objects, "CronJob", "orders-backup")["spec"] as {
    schedule: string;
    timeZone: string;
    concurrencyPolicy: string;
    jobTemplate: { spec: { activeDeadlineSeconds: number; backoffLimit: number; podFailurePolicy?: unknown } };
  };
const jobSpec = (objects: Objects) => spec(objects).jobTemplate.spec;
const pod = (objects: Objects) => podSpec(find(objects, "CronJob", "orders-backup"));
const names = (containers: readonly { name: string }[]) => containers.map(({ name }) => name);

test("a copy is made and proven in init containers, so that only then the one that prunes is started (B11, E10)", (t) => {
  t.deepEqual([names(pod(plain).initContainers), names(pod(plain).containers)], [["dump", "verify"], ["prune"]]);
  t.is(pod(plain).restartPolicy, "Never");
});

test("without other numbers it runs daily at two UTC, within two hours, and keeps 30 days and 7 copies at least (B10, E09, G08, X08)", (t) => {
  const { schedule, timeZone, concurrencyPolicy, jobTemplate } = spec(plain);
  t.deepEqual(
    { schedule, timeZone, concurrencyPolicy },
    { schedule: "0 2 * * *", timeZone: "Etc/UTC", concurrencyPolicy: "Forbid" },
  );
  t.deepEqual([jobTemplate.spec.activeDeadlineSeconds, jobTemplate.spec.backoffLimit], [7200, 1]);
  t.deepEqual(pod(plain).containers[0]!.env as unknown, [
    { name: "BACKUPS", value: "/backups" },
    { name: "KEEP_DAYS", value: "30" },
    { name: "KEEP_AT_LEAST", value: "7" },
  ]);
});

test("its copies are on a claim of their own, and the CronJob says whose data they hold (X07)", (t) => {
  t.deepEqual(find(plain, "PersistentVolumeClaim", "orders-backup")["spec"], {
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "10Gi" } },
  });
  t.is(find(plain, "CronJob", "orders-backup").metadata.labels?.["production-platform/backup-of"], "orders");
  const mounts = [...pod(plain).initContainers, ...pod(plain).containers].map(
    ({ volumeMounts }) => volumeMounts.find(({ mountPath }) => mountPath === "/backups")?.name,
  );
  t.deepEqual(mounts, ["backups", "backups", "backups"]);
});

test("every number, and the claim's name and labels, can be changed", (t) => {
  const { schedule, timeZone, jobTemplate } = spec(changed);
  t.deepEqual([schedule, timeZone, jobTemplate.spec.activeDeadlineSeconds], ["5 1 * * 1", "America/Sao_Paulo", 1800]);
  t.deepEqual(find(changed, "PersistentVolumeClaim", "old-name")["spec"], {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "slow",
    resources: { requests: { storage: "3Gi" } },
  });
  t.deepEqual(pod(changed).containers[0]!.env.slice(1) as unknown, [
    { name: "KEEP_DAYS", value: "9" },
    { name: "KEEP_AT_LEAST", value: "2" },
  ]);
  t.deepEqual(find(changed, "CronJob", "orders-backup").metadata.labels, {
    app: "bots",
    component: "backup",
    "production-platform/backup-of": "orders",
  });
});

const sized = (dataSize: `${number}Gi`, changes: Partial<VerifiedBackupArgs> = {}) =>
  declared({
    dataSize,
    steps: (copies, env, scratch) => [tool("dump", env, [copies]), tool("verify", env, [copies, scratch])],
    ...changes,
  });
const scratchOf = (objects: Objects) => pod(objects).volumes.find(({ name }) => name === "scratch");

test("room and time for a restore follow from the size of the data, and each can be set (B10, B11)", async (t) => {
  const [small, large, set] = [
    await sized("2Gi"),
    await sized("50Gi", { storageClass: "slow" }),
    await sized("50Gi", { scratch: "3Gi", deadline: "90m" }),
  ];
  t.deepEqual(scratchOf(small), { name: "scratch", emptyDir: { sizeLimit: "4Gi" } } as never);
  t.deepEqual(scratchOf(large), {
    name: "scratch",
    ephemeral: {
      volumeClaimTemplate: {
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: "slow",
          resources: { requests: { storage: "100Gi" } },
        },
      },
    },
  } as never);
  t.deepEqual(scratchOf(set), { name: "scratch", emptyDir: { sizeLimit: "3Gi" } } as never);
  t.deepEqual(
    [small, large, set].map((objects) => spec(objects).jobTemplate.spec.activeDeadlineSeconds),
    [2 * 3600, 4 * 3600, 90 * 60],
  );
});

test("a run whose scratch is a claim is removed after half a day, because its pod keeps the claim until then", async (t) => {
  const ttl = (objects: Objects) =>
    (spec(objects).jobTemplate.spec as { ttlSecondsAfterFinished?: number }).ttlSecondsAfterFinished;
  t.deepEqual([ttl(await sized("2Gi")), ttl(await sized("50Gi"))], [undefined, 43_200]);
});

test("the first copy is made by a Job of the CronJob's own template, which an update waits for and a change leaves alone (X07)", async (t) => {
  const made: { props: { metadata: { annotations: object } }; opts: pulumi.CustomResourceOptions }[] = [];
  const objects = await declaredBy(() => {
    const backup = new VerifiedBackup(
      "orders-backup",
      {
        namespace: "shop",
        of: "orders",
        dataSize: "10Gi",
        retainData: true,
        identity: { uid: 999, gid: 999 },
        tool,
        steps: (copies, env) => [tool("verify", env, [copies])],
      },
      {
        transformations: [
          ({ type, props, opts }) => {
            if (type === "kubernetes:batch/v1:Job") made.push({ props: props as never, opts });
            return undefined;
          },
        ],
      },
    );
    backup.first();
  });
  const first = find(objects, "Job", "orders-backup-first");
  t.deepEqual(first["spec"], spec(objects).jobTemplate.spec as never);
  t.deepEqual([first.metadata.namespace, first.metadata.labels], ["shop", { app: "orders-backup" }]);
  t.deepEqual(
    made.map(({ props, opts: { ignoreChanges, customTimeouts } }) => ({
      ...props.metadata.annotations,
      ignoreChanges,
      create: customTimeouts && "create" in customTimeouts ? customTimeouts.create : undefined,
    })),
    [
      {
        "pulumi.com/replaceUnready": "true",
        ignoreChanges: ["metadata.name", "metadata.namespace", "metadata.labels", "spec"],
        create: "7260s",
      },
    ],
  );
});

test("a container with much memory asks for a sixteenth of it (X02)", (t) => {
  t.deepEqual(
    [tool("verify", {}, [], "1Gi"), tool("verify", {}, [], "3Gi")].map(({ resources }) => resources.memory),
    [
      { request: "64Mi", limit: "1Gi" },
      { request: "192Mi", limit: "3Gi" },
    ],
  );
});

test("a bucket is copied to after the pruning, so that it cannot hold it up, and from a volume that the upload cannot change (B11, G08)", (t) => {
  t.deepEqual(
    [names(pod(bucket).initContainers), names(pod(bucket).containers)],
    [["dump", "verify", "prune"], ["upload"]],
  );
  t.deepEqual([...names(pod(plain).initContainers), ...names(pod(plain).containers)], ["dump", "verify", "prune"]);
  const { image, command, env, volumeMounts } = pod(bucket).containers[0]!;
  t.deepEqual([image, command], [images.rclone, ["sh", "/scripts/upload.sh"]]);
  t.true(volumeMounts.find(({ mountPath }) => mountPath === "/backups")!.readOnly);
  t.deepEqual(Object.fromEntries(env.map(({ name, value }) => [name, value])), {
    BACKUPS: "/backups",
    S3_ENDPOINT: "https://s3.example.com",
    S3_REGION: "here",
    S3_BUCKET: "copies",
    S3_PREFIX: "orders",
    S3_KEYS: "/credentials/bucket",
    S3_KEYS_FROM: "bucket-keys",
    UPLOAD_SECONDS: "3600",
  });
});

test("the bucket's keys are files, and without them the local copy is made all the same (X06)", (t) => {
  t.deepEqual(pod(bucket).volumes.find(({ name }) => name === "credentials-bucket") as unknown, {
    name: "credentials-bucket",
    secret: { secretName: "bucket-keys", defaultMode: 0o440, optional: true },
  });
  t.deepEqual(pod(bucket).containers[0]!.volumeMounts.find(({ name }) => name === "credentials-bucket") as unknown, {
    name: "credentials-bucket",
    mountPath: "/credentials/bucket",
    readOnly: true,
  });
});

test("a failed upload fails the job, and repeats neither the dump nor its proof (B11)", (t) => {
  t.deepEqual(jobSpec(bucket).podFailurePolicy, {
    rules: [{ action: "FailJob", onExitCodes: { containerName: "upload", operator: "NotIn", values: [0] } }],
  });
  t.is(jobSpec(bucket).backoffLimit, 1);
  t.false("podFailurePolicy" in jobSpec(plain));
});

test("the upload may take half of the job's time (X08)", async (t) => {
  const { env } = pod(await declared({ s3, deadline: "30m" })).containers[0]!;
  t.is(env.find(({ name }) => name === "UPLOAD_SECONDS")?.value, "900");
});

test("the job may reach every range of the endpoint, on the port of its address and on no other (X05)", (t) => {
  const open = (endpoint: string, ...cidrs: string[]) => uploadFlows("orders-backup", { ...s3, endpoint, cidrs });
  const flow = (cidr: string, port: number) => ({ from: { app: "orders-backup" }, to: { cidr }, ports: [port] });
  t.deepEqual(open("https://s3.example.com", "192.0.2.0/24", "198.51.100.0/24"), [
    flow("192.0.2.0/24", 443),
    flow("198.51.100.0/24", 443),
  ]);
  t.deepEqual(open("http://s3.example.com", "192.0.2.0/24"), [flow("192.0.2.0/24", 80)]);
  t.deepEqual(open("https://s3.example.com:9000", "192.0.2.0/24"), [flow("192.0.2.0/24", 9000)]);
  t.deepEqual(uploadFlows("orders-backup", undefined), []);
});
