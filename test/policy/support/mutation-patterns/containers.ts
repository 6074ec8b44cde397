import { added, by, field, kept, patternsOf } from "../mutation-pattern.ts";

interface Env {
  readonly name: string;
  readonly value?: string;
}
interface Probe {
  readonly timeoutSeconds?: number;
  readonly periodSeconds?: number;
  readonly failureThreshold?: number;
}
interface Probes {
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
}

const untagged = (image: string) => image.replace(/(?::[^/:@]*)?(?:@.*)?$/, "");
const plus =
  <Item>(...items: readonly Item[]) =>
  (list: readonly Item[] | undefined) => [...(list ?? []), ...items];

/** An access key's id names an account and opens nothing. */
const isAccount = (name: string) => name.endsWith("_ID");

const securityContext = [
  field("securityContext"),
  field("securityContext.allowPrivilegeEscalation", true),
  kept("securityContext.privileged", true),
  field("securityContext.readOnlyRootFilesystem", false),
  field("securityContext.capabilities"),
  field("securityContext.capabilities.drop", [], ["NET_RAW"]),
  added("securityContext.capabilities.add", ["SYS_ADMIN"], ["NET_RAW"]),
  { ...field("securityContext.runAsNonRoot", false), inherited: true },
  { ...field("securityContext.seccompProfile", { type: "Unconfined" }), inherited: true },
  added("securityContext.runAsUser", 0),
  added("securityContext.appArmorProfile", { type: "Unconfined" }),
  added("securityContext.seLinuxOptions", { type: "spc_t" }),
  added("securityContext.procMount", "Unmasked"),
  added("securityContext.windowsOptions", { hostProcess: true }),
];

const resources = [
  field("resources"),
  field("resources.requests"),
  field("resources.limits"),
  field("resources.requests.cpu", "0", "1000"),
  field("resources.requests.memory", "0", "100Ti"),
  field("resources.limits.cpu", "0"),
  field("resources.limits.memory", "0"),
  field("resources.limits.ephemeral-storage", "0"),
];

const probes = [
  field("startupProbe"),
  field("readinessProbe"),
  field("livenessProbe"),
  field("livenessProbe.timeoutSeconds", 1),
  kept("livenessProbe.failureThreshold", 1),
  kept("livenessProbe.periodSeconds", 1),
  kept(
    "livenessProbe",
    by("the database's host", ({ timeoutSeconds, periodSeconds, failureThreshold }: Probe) => ({
      timeoutSeconds,
      periodSeconds,
      failureThreshold,
      tcpSocket: { host: "postgres", port: 5432 },
    })),
  ),
  kept("startupProbe.failureThreshold", 1),
  kept(
    "",
    by(
      "readiness asks what liveness asks",
      ({ readinessProbe, ...container }: Probes) =>
        readinessProbe && container.livenessProbe && { ...container, readinessProbe: container.livenessProbe },
    ),
  ),
];

const rest = [
  kept(
    "image",
    by("no tag", untagged),
    by(":latest", (image: string) => `${untagged(image)}:latest`),
  ),
  kept("imagePullPolicy", "Never"),
  added("env", by("a password", plus<Env>({ name: "DB_PASSWORD", value: "hunter2" }))),
  added("env", by("a URL with a password", plus<Env>({ name: "BROKER", value: "amqp://app:hunter2@broker" }))),
  kept(
    "env[*]",
    by("a plain value in place of the Secret's", ({ name, value }: Env) =>
      value !== undefined || isAccount(name) ? undefined : { name, value: "hunter2" },
    ),
  ),
  added("args", by("a password", plus("--password=hunter2"))),
  added("ports", [{ containerPort: 8080, hostPort: 8080 }]),
  added("lifecycle.postStart", { httpGet: { host: "metadata.internal", path: "/", port: 80 } }),
];

/** What protects a container of any role; fields it does not have, such as an init container's probes, are left out. */
export const containerPatterns = patternsOf("container", ...securityContext, ...resources, ...probes, ...rest);
