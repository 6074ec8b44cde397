import { z } from "zod";
import { inQuotes } from "../../settings/problems.ts";
import type { Resources } from "../workload/container.ts";
import type { Cpu, Duration, Size } from "../workload/units.ts";

const pattern = <T extends string>(shape: RegExp, expected: string) =>
  z.custom<T>((value) => typeof value === "string" && shape.test(value), {
    error: ({ input }) => `expected ${expected}${shape.test(String(input)) ? inQuotes(input) : ""}`,
  });

export const size = pattern<Size>(/^\d+(\.\d+)?(Ki|Mi|Gi|Ti)$/, 'an amount of memory or storage such as "512Mi"');
export const cpu = pattern<Cpu>(/^(\d+m|\d+(\.\d+)?)$/, 'an amount of processor time such as "250m" or "2"');
export const duration = pattern<Duration>(/^[1-9]\d*[smhd]$/, 'a span of time such as "90m" or "4h"');
export const cron = pattern<string>(/^\S+ \S+ \S+ \S+ \S+$/, 'five cron fields such as "0 2 * * *"');
export const host = pattern<string>(
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
  'a host name such as "api.example.com"',
);
/** With a tag that names a release, or a digest (X08). */
export const image = pattern<string>(
  /^[^\s:@]+(:\d+\/[^\s:@]+)?(:(?!latest$)[\w][\w.-]*(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$/,
  'an image with a release tag or digest, and not "latest"',
);
export const replicas = z.int().min(1).max(1000);
/** Names of Kubernetes objects. */
export const objectName = pattern<string>(
  /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
  'a Kubernetes name such as "registry-credentials"',
);

export const credentialRotation = z.int().min(1).default(1);
export const timeZone = z
  .string()
  .refine((zone) => Intl.supportedValuesOf("timeZone").includes(zone) || zone === "Etc/UTC", {
    error: 'expected an IANA time zone such as "America/Sao_Paulo"',
  });

/** Paths that no Ingress leads to. */
const internalPaths = /^\/(metrics|livez|readyz|actuator|audit)(\/|$)/;

/**
 * Whether a proxy before the ingress controller, or the controller itself, logs clients in and names them in X-User-Id
 * or X-Client-Id.
 */
export const authenticatingProxy = z.boolean().default(false);

/** What the Ingress of a host leads to: each path with all below it, and "/" for the first page alone. */
export const publicPaths = (...defaults: readonly string[]) =>
  z
    .array(
      pattern<string>(/^\/$|^(\/[\w.~-]+)+$/, 'a path such as "/v1", without a slash at its end').refine(
        (path) => !internalPaths.test(path),
        { error: "/metrics, /livez, /readyz, /actuator and /audit are for inside the cluster" },
      ),
    )
    .min(1)
    .default([...defaults]);

/** Both ends of an autoscaler's range. */
export const replicaRange = (defaults: { min: number; max: number; targetCpuPercent: number }) =>
  z
    .strictObject({
      min: replicas.default(defaults.min),
      max: replicas.default(defaults.max),
      targetCpuPercent: z.int().min(1).max(100).default(defaults.targetCpuPercent),
    })
    .refine(({ min, max }) => min <= max, { error: "min is above max" })
    .prefault({});

/** What a container asks for and may use; every value has a default. */
export const resources = (defaults: { cpuRequest: Cpu; cpuLimit: Cpu; memoryRequest: Size; memoryLimit: Size }) =>
  z
    .strictObject({
      cpuRequest: cpu.default(defaults.cpuRequest),
      cpuLimit: cpu.default(defaults.cpuLimit),
      memoryRequest: size.default(defaults.memoryRequest),
      memoryLimit: size.default(defaults.memoryLimit),
    })
    .prefault({});

export type ResourceSettings = z.output<ReturnType<typeof resources>>;

/**
 * The form of {@link ResourceSettings} that containers take.
 * @default `ephemeral` is what the pod's scratch paths need
 */
export function containerResources(settings: ResourceSettings, ephemeral?: Size): Resources {
  return {
    cpu: { request: settings.cpuRequest, limit: settings.cpuLimit },
    memory: { request: settings.memoryRequest, limit: settings.memoryLimit },
    ...(ephemeral && { ephemeralStorage: { request: "64Mi", limit: ephemeral } }),
  };
}

/** The most a namespace's pods may ask for together. */
export const quota = (defaults: { cpu: Cpu; memory: Size; storage: Size; pods: number }) =>
  z
    .strictObject({
      cpu: cpu.default(defaults.cpu),
      memory: size.default(defaults.memory),
      storage: size.default(defaults.storage),
      pods: z.int().min(10).default(defaults.pods),
    })
    .prefault({});

/** A bucket for verified copies; {@link S3Copy} says what the values mean. */
export const s3Copy = z
  .strictObject({
    cidrs: z.array(z.cidrv4()).min(1),
    /** The former name of `cidrs`, which took one. */
    cidr: z
      .undefined({ error: "is a list now: write cidrs: [...] with every range that the endpoint answers from" })
      .optional(),
    endpoint: z.url({
      protocol: /^https?$/,
      error: 'expected an address such as "https://s3.sa-east-1.amazonaws.com"',
    }),
    region: z.string().min(1),
    bucket: z.string().min(1),
    prefix: z.string().min(1),
    credentialsSecret: objectName,
  })
  .transform(({ cidr: _, ...s3 }) => s3);

/** When a store is copied, and which copies are kept. */
export const backup = (defaults: { cron: string; storage: Size; keepDays: number; keepAtLeast: number }) =>
  z
    .strictObject({
      schedule: cron.default(defaults.cron),
      timeZone: timeZone.default("Etc/UTC"),
      storage: size.default(defaults.storage),
      keepDays: z.int().min(1).default(defaults.keepDays),
      keepAtLeast: z.int().min(1).default(defaults.keepAtLeast),
      /** Room in which the copy is restored to prove it. @default from the size of the store */
      scratch: size.optional(),
      /** A run that takes longer has failed. @default from the size of the store */
      deadline: duration.optional(),
      s3: s3Copy.optional(),
    })
    .prefault({});

export type BackupSettings = z.output<ReturnType<typeof backup>>;

/** {@link backup}'s values in the form the data components take. */
export function backupArgs({ schedule, timeZone, s3, ...rest }: BackupSettings) {
  return { ...rest, schedule: { cron: schedule, timeZone }, ...(s3 && { s3 }) };
}

/**
 * Where a system's private programs come from: images by name, or the contract server. There is no default: neither may
 * run where the other was meant.
 */
export const applications = <Names extends string>(names: readonly Names[]) =>
  z.discriminatedUnion("source", [
    z.strictObject({ source: z.literal("contract-server") }),
    z.strictObject({
      source: z.literal("images"),
      pullSecret: objectName.optional(),
      ...(Object.fromEntries(names.map((name) => [name, image])) as Record<Names, typeof image>),
    }),
  ]);

/**
 * How an external server proves itself, in its product's own words: the last two modes ask for an authority, and for
 * the server's name too, which is
 * the default. {@link Tls} says what `caSecret` is.
 */
const tls = <const Mode extends string>(others: readonly Mode[], authority: Mode, full: Mode) =>
  z
    .strictObject({
      mode: z.enum([...others, authority, full]).default(full as never),
      caSecret: objectName.optional(),
    })
    .refine(({ mode, caSecret }) => mode !== authority || caSecret !== undefined, {
      path: ["caSecret"],
      error: `${authority} needs one, because a certificate of any public authority for any name would do: name a Secret with the key ca.crt, or write ${full}`,
    })
    .refine(({ mode, caSecret }) => mode === authority || mode === full || caSecret === undefined, {
      path: ["caSecret"],
      error: ({ input }) =>
        `nothing is proven under ${(input as { mode: string }).mode}: write mode: ${authority} or ${full}, or leave caSecret out`,
    })
    .prefault({});

/** libpq's modes. */
export const postgresTls = tls(["disable", "require"], "verify-ca", "verify-full");

/** Redis and Kafka have no words of their own for it. */
const otherTls = tls(["disable"], "verify-ca", "verify-full");

/** MySQL's ssl-modes. */
export const mysqlTls = tls(["DISABLED", "REQUIRED"], "VERIFY_CA", "VERIFY_IDENTITY");

const ports = z.array(z.int().min(1).max(65535)).min(1);

/** Servers outside the cluster that a private program calls: their addresses, and the ports that it calls there. */
export const egress = z.strictObject({ cidrs: z.array(z.cidrv4()).min(1), ports: ports.default([443]) }).optional();

/**
 * Ports at which the API server itself listens, because policies look at where a packet really goes: 6443 with kubeadm,
 * k3s and kind, 443 in most
 * clouds, 16443 with MicroK8s and on this project's own cluster.
 */
export const apiServerPorts = ports.default([443, 6443]);

/** Who runs a system's PostgreSQL; {@link PostgresEngine} says what the values mean. */
export const postgresEngine = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("statefulset") }),
    z.strictObject({
      kind: z.literal("cloudnative-pg"),
      instances: z.int().min(1).max(9).default(3),
      apiServerCidr: z.cidrv4(),
      apiServerPorts,
      serverName: objectName.optional(),
      recovery: z
        .strictObject({
          fromServerName: objectName,
          targetTime: z.iso
            .datetime({ offset: true, error: 'expected a time with its zone such as "2026-03-01T12:00:00Z"' })
            .optional(),
        })
        .optional(),
    }),
    z.strictObject({
      kind: z.literal("external"),
      host,
      port: z.int().min(1).max(65535).default(5432),
      cidr: z.cidrv4(),
      passwordSecret: objectName,
      tls: postgresTls,
    }),
  ])
  .default({ kind: "statefulset" });

const kafkaVersion = pattern<string>(/^\d+\.\d+\.\d+$/, 'a version of Kafka such as "4.2.0"');
/** Who runs a system's Redis; {@link RedisEngine} says what the values mean. */
export const redisEngine = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("in-cluster") }),
    z.strictObject({
      kind: z.literal("external"),
      host,
      port: z.int().min(1).max(65535).default(6379),
      cidr: z.cidrv4(),
      passwordSecret: objectName,
      user: pattern<string>(/^\S+$/, "a user of the server's access list").optional(),
      tls: otherTls,
    }),
  ])
  .default({ kind: "in-cluster" });

const kafkaSasl = z.strictObject({
  mechanism: z.enum(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]),
  credentialsSecret: objectName,
});

/** Who runs a system's Kafka; {@link KafkaEngine} says what the values mean. */
export const kafkaEngine = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("statefulset") }),
    z.strictObject({
      kind: z.literal("strimzi"),
      operatorNamespace: objectName.default("strimzi"),
      apiServerCidr: z.cidrv4(),
      apiServerPorts,
      version: kafkaVersion.optional(),
    }),
    z.strictObject({
      kind: z.literal("external"),
      brokers: z.string().regex(/^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/, {
        error: 'expected brokers such as "broker-1.example.com:9092,broker-2.example.com:9092"',
      }),
      port: z.int().min(1).max(65535).default(9092),
      cidr: z.cidrv4(),
      tls: otherTls,
      sasl: kafkaSasl.optional(),
    }),
  ])
  .default({ kind: "statefulset" });
