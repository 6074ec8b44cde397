/** One thing a framework asks for. */
export interface Control {
  /** A recommendation's number, a row, or the control's name. */
  readonly id: string;
  readonly title: string;
  /** Why no rule covers it, for those that objects cannot show. */
  readonly beyond?: string;
  /** Whether every rule of the Pod Security Standards is a part of it. @default false */
  readonly podSecurity?: boolean;
}

/** A list of controls that somebody else agreed on. */
export interface Framework {
  readonly name: string;
  readonly controls: readonly Control[];
}

/** The Pod Security Standards' controls, under the names that their page gives them. */
export const podSecurityBaseline: Framework = {
  name: "Pod Security Standards, baseline",
  controls: named([
    "HostProcess",
    "Host Namespaces",
    "Privileged Containers",
    "Capabilities",
    "HostPath Volumes",
    "Host Ports",
    "Host Probes / Lifecycle Hooks",
    "AppArmor",
    "SELinux",
    "/proc Mount Type",
    "Seccomp",
    "Sysctls",
  ]),
};

/** What `restricted` asks for beyond baseline. */
export const podSecurityRestricted: Framework = {
  name: "Pod Security Standards, restricted",
  controls: named([
    "Volume Types",
    "Privilege Escalation",
    "Running as Non-root",
    "Running as Non-root user",
    "Seccomp",
    "Capabilities",
    "/proc Mount Type",
  ]),
};

const clusterOnly = "a property of the cluster, which its objects do not show";
const decision = "a decision about the platform, which no object shows";

/** Section 5 (policies) of the CIS Kubernetes Benchmark 1.9, with the numbers that 1.10 kept. */
export const cisSection5: Framework = {
  name: "CIS Kubernetes Benchmark 1.9, section 5",
  controls: [
    { id: "5.1.1", title: "The cluster-admin role is used only where it is required" },
    { id: "5.1.2", title: "Access to Secrets is minimal" },
    { id: "5.1.3", title: "Roles and ClusterRoles use no wildcards" },
    { id: "5.1.4", title: "Access to create pods is minimal" },
    { id: "5.1.5", title: "Default service accounts are not used" },
    { id: "5.1.6", title: "Service account tokens are mounted only where necessary" },
    { id: "5.1.7", title: "The group system:masters is not used" },
    { id: "5.1.8", title: "Bind, impersonate and escalate are limited" },
    { id: "5.1.9", title: "Access to create persistent volumes is minimal" },
    { id: "5.1.10", title: "Access to the proxy of nodes is minimal" },
    { id: "5.1.11", title: "Access to approve certificate signing requests is minimal" },
    { id: "5.1.12", title: "Access to webhook configurations is minimal" },
    { id: "5.1.13", title: "Access to create service account tokens is minimal" },
    { id: "5.2.1", title: "At least one policy control mechanism is active" },
    { id: "5.2.2", title: "No privileged containers" },
    { id: "5.2.3", title: "No containers in the node's process ID namespace" },
    { id: "5.2.4", title: "No containers in the node's IPC namespace" },
    { id: "5.2.5", title: "No containers in the node's network namespace" },
    { id: "5.2.6", title: "No containers with allowPrivilegeEscalation" },
    { id: "5.2.7", title: "No containers that run as root" },
    { id: "5.2.8", title: "No containers with the capability NET_RAW" },
    { id: "5.2.9", title: "No containers with added capabilities" },
    { id: "5.2.10", title: "No containers with capabilities assigned" },
    { id: "5.2.11", title: "No Windows HostProcess containers" },
    { id: "5.2.12", title: "No HostPath volumes" },
    { id: "5.2.13", title: "No containers that use HostPorts" },
    { id: "5.3.1", title: "The network plugin supports network policies", beyond: clusterOnly },
    { id: "5.3.2", title: "All namespaces have network policies" },
    { id: "5.4.1", title: "Secrets are files rather than environment variables" },
    { id: "5.4.2", title: "Storage of secrets outside of the cluster is considered", beyond: decision },
    { id: "5.5.1", title: "The provenance of images is checked on admission" },
    { id: "5.7.1", title: "Namespaces are boundaries between resources", beyond: decision },
    { id: "5.7.2", title: "Pods have a seccomp profile" },
    { id: "5.7.3", title: "Pods and containers have a security context", podSecurity: true },
    {
      id: "5.7.4",
      title: "The default namespace is not used",
      beyond: "a manifest may leave its namespace to the person who applies it",
    },
  ],
};

/**
 * The rows of the runbooks that rules guard, or guard a part of: first what holds everywhere, then what one system asks
 * for.
 */
export const runbookRows: Framework = {
  name: "the runbooks",
  controls: [
    { id: "X01", title: "Pod Security restricted, and no more rights than needed" },
    { id: "X02", title: "Requests and limits, quotas and limit ranges" },
    { id: "X03", title: "Startup, readiness and liveness probes" },
    { id: "X04", title: "Disruption budgets, spread and graceful shutdown" },
    { id: "X05", title: "Traffic denied by default, and exactly the flows that exist" },
    { id: "X06", title: "Credentials generated or sealed, never in plain sight" },
    { id: "X07", title: "Backups of every data store, volumes that survive" },
    { id: "X08", title: "Pinned images, bounded Jobs" },
    { id: "X09", title: "Exceptions with a reason and an end" },
    { id: "X10", title: "A second update changes nothing" },
    { id: "B03", title: "Postgres for the BGC platform" },
    { id: "B04", title: "Postgres' liveness probe tolerates slow answers" },
    { id: "B05", title: "Postgres has time to recover, and one server a volume" },
    { id: "B06", title: "Redis' memory limit leaves room above maxmemory" },
    { id: "B10", title: "A daily, verified backup of the BGC database" },
    { id: "B11", title: "Backups that are tested, unique and kept elsewhere" },
    { id: "B14", title: "Recovery from a damaged database" },
    { id: "B15", title: "Deployments that are watched until they are out" },
    { id: "B16", title: "The ComexStat key is sealed" },
    { id: "B17", title: "Database connections below their limit" },
    { id: "B19", title: "The contract server answers for the BGC platform in development" },
    { id: "B20", title: "Secrets are rotated in place" },
    { id: "P02", title: "The platform service scales by itself" },
    { id: "P03", title: "Configuration that exists, and rolls out when it changes" },
    { id: "P04", title: "Postgres and Redis for the platform service" },
    { id: "P05", title: "TLS certificates are issued and renewed" },
    { id: "P06", title: "A daily, verified backup of the platform's database" },
    { id: "P11", title: "Rolling updates that can be rolled back" },
    { id: "E03", title: "The EDI engine never runs twice at once" },
    { id: "E05", title: "The EDI configuration exists, and rolls out when it changes" },
    { id: "E06", title: "The external MySQL is the only way out" },
    { id: "E07", title: "The EDI volume is shared by all that mount it" },
    { id: "E08", title: "The EDI host is served with TLS" },
    { id: "E09", title: "A daily backup of the EDI database" },
    { id: "E10", title: "A failed dump prunes nothing" },
    { id: "G03", title: "The gateway's Redis persists its state" },
    { id: "G04", title: "A Redis that holds state never evicts it" },
    { id: "G08", title: "Backups of the gateway's Redis, copied out" },
    { id: "G14", title: "Archives are tested before they replace others" },
    { id: "T01", title: "Kafka with its topics and their retention" },
    { id: "T03", title: "Postgres and Redis for the shop" },
    { id: "T04", title: "Consumers scale up to the partitions" },
    { id: "T05", title: "Tools without default passwords" },
    { id: "T07", title: "Targets of the shop, its pools among them" },
    { id: "T12", title: "Retention that deletes nothing unread" },
    { id: "T13", title: "Dead-letter topics" },
  ],
};

function named(names: readonly string[]): Control[] {
  return names.map((name) => ({ id: name, title: name }));
}
