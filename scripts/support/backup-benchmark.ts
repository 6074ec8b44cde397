import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { loadavg } from "node:os";
import { pulumiEnvironment } from "../../cluster/toolchain.ts";
import { bringUp, type Kubectl, movedTo, runJob, type StoreUnderTest, withNamespace } from "./bench-namespace.ts";
import { keepSection, machineRows, table } from "./benchmarks-page.ts";
import { checkout } from "./checkout.ts";
import { stackKubeconfig } from "./cluster-record.ts";
import { containerPeaks, containerSeconds, type Peak } from "./container-peaks.ts";
import { declaredResources, type Manifest, manifests } from "./declared-objects.ts";
import { fillEdi, fillPostgres, restorePostgres } from "./benchmark-data.ts";
import { stackConfiguration } from "./stack-configuration.ts";

/** What was asked for on the command line, in bytes. */
export interface BackupBenchmark {
  readonly size: number;
  readonly fixture: number;
  readonly write: boolean;
}

/** A container of the backup as it was measured; `limit` as its pod says it. */
interface Step {
  readonly name: string;
  readonly seconds: number;
  readonly peak: Peak | undefined;
  readonly limit: string;
}

const postgres: StoreUnderTest = {
  namespace: "data",
  belongs: /^(pg-)?postgres/,
  before: [/^postgres-provision/],
  backup: "postgres-backup",
};
const edi: StoreUnderTest = {
  namespace: "edi",
  belongs: /^(mysql|bots-(db-backup|backup-pvc|migrate|edidb-secret|config-ini|fixture-counter)|contract-server)/,
  before: [/^mysql-provision/, /^bots-migrate/],
  backup: "bots-db-backup",
};

/**
 * Fills, backs up, verifies and restores, prints what that took, and keeps it where it is asked to. Throws with the
 * reason where it cannot.
 */
export async function measureBackups({ size, fixture, write }: BackupBenchmark): Promise<void> {
  const load = loadavg()[0] ?? 0;
  const kubectl = await platformsKubectl();
  const objects = await storesOfSize(size, fixture);
  const sections: string[] = [];
  if (size > 0) {
    sections.push(
      await measured("bench-postgres", postgres, objects, kubectl, `Postgres, ${amount(size)}`, {
        fill: () => fillPostgres("bench-postgres", size, kubectl, console.log),
        restore: (job) => restorePostgres("bench-postgres", job, kubectl),
      }),
    );
  }
  if (fixture > 0)
    sections.push(
      await measured("bench-edi", edi, objects, kubectl, `EDI, a fixture of ${amount(fixture)}`, {
        fill: () => fillEdi("bench-edi", fixture, kubectl, console.log),
      }),
    );
  if (sections.length === 0) throw new Error("there is nothing to measure: give --size or --fixture");
  const text = `## Backups at size

Made by \`npm run bench -- backup --size ${amount(size)} --fixture ${amount(fixture)} --write\` on ${new Date().toISOString().slice(0, 10)}; running it again replaces this section. The dev stack's
own objects, with a volume of 2.2 times the data, in a namespace of their own; scratch, deadline and limits are what the stack makes of that.
Memory is that of programs; the cache of files beside it is given back before a limit is reached. Both were looked at every two seconds.

${sections.join("\n\n")}

${machineRows(load)}
`;
  console.log(`\n${text}`);
  if (write) keepSection("backups", text);
}

interface Work {
  /** Fills the store; the lines say what is in it. */
  readonly fill: () => Promise<string>;
  /** Restores the verified copy into a new database. */
  readonly restore?: (backup: Manifest) => Promise<number>;
}

function measured(
  namespace: string,
  store: StoreUnderTest,
  all: readonly Manifest[],
  kubectl: Kubectl,
  title: string,
  { fill, restore }: Work,
): Promise<string> {
  return withNamespace(namespace, kubectl, async () => {
    const { objects, jobs } = movedTo(namespace, store, all);
    const backup = jobs.find(({ metadata }) => metadata.name === `${store.backup}-first`);
    if (!backup) throw new Error(`the stack declares no ${store.backup}-first`);
    console.log(`\n== ${title}: bringing the store up in namespace ${namespace}`);
    await bringUp(namespace, store, objects, jobs, kubectl);
    const content = await fill();
    console.log("backing up and verifying");
    const { peaks, look } = containerPeaks(namespace, backup.metadata.name, kubectl);
    await runJob(namespace, backup, kubectl, look);
    const seconds = await containerSeconds(namespace, backup.metadata.name, kubectl);
    const steps = stepsOf(backup, seconds, peaks);
    const restored = restore ? await restore(backup) : undefined;
    return [
      `### ${title}`,
      "",
      content,
      "",
      ...stepTable(steps),
      ...(restored === undefined
        ? []
        : [
            "",
            `The copy was restored into a new database beside the first in ${restored.toFixed(0)} s, with equal row counts.`,
          ]),
    ].join("\n");
  });
}

interface PodTemplate {
  readonly template: {
    readonly spec: Record<
      "initContainers" | "containers",
      readonly { readonly name: string; readonly resources: { readonly limits: Record<string, string> } }[]
    >;
  };
}

function stepsOf(backup: Manifest, seconds: ReadonlyMap<string, number>, peaks: ReadonlyMap<string, Peak>): Step[] {
  const { initContainers, containers } = (backup["spec"] as PodTemplate).template.spec;
  return [...initContainers, ...containers].map(({ name, resources }) => ({
    name,
    seconds: seconds.get(name) ?? NaN,
    peak: peaks.get(name),
    limit: resources.limits["memory"] ?? "none",
  }));
}

const stepTable = (steps: readonly Step[]): string[] =>
  table([
    ["step", "time", "memory", "of a limit of", "with cache", "scratch"],
    // A step that ended between two looks was not seen.
    ...steps.map(({ name, seconds, peak, limit }) => [
      name,
      `${seconds.toFixed(0)} s`,
      peak ? amount(peak.memory) : "-",
      limit,
      peak ? amount(peak.withCache) : "-",
      peak ? amount(peak.scratch) : "-",
    ]),
  ]);

/** The dev stack with volumes for that much data. */
async function storesOfSize(size: number, fixture: number): Promise<Manifest[]> {
  const configuration = stackConfiguration("dev");
  const changed = (system: string, change: (settings: Record<string, object>) => void) => {
    const settings = JSON.parse(configuration[`production-platform:${system}`] ?? "{}") as Record<string, object>;
    change(settings);
    return { [`production-platform:${system}`]: JSON.stringify(settings) };
  };
  const storage = (data: number) => `${Math.max(2, Math.ceil((data * 2.2) / 2 ** 30))}Gi`;
  return manifests(
    await declaredResources({
      ...configuration,
      "production-platform:systems": JSON.stringify(["bgc-platform", "bots-edi"]),
      ...changed("bgc-platform", (settings) =>
        Object.assign(settings["postgres"]!, { storage: storage(size), backup: { storage: storage(size) } }),
      ),
      ...changed("bots-edi", (settings) => Object.assign(settings["database"]!, { storage: storage(fixture) })),
    }),
  );
}

/** kubectl on the platform that `npm run up` brought up here; throws where no container would run. */
async function platformsKubectl(): Promise<Kubectl> {
  const next = 'bring the platform up with "npm run up"';
  const kubeconfig = stackKubeconfig("dev");
  if (!existsSync(kubeconfig)) throw new Error(`${kubeconfig} does not exist; ${next}`);
  // Ctrl-C ends the kubectl that runs, and what it made is removed all the same.
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => (interrupted = true));
  const kubectl: Kubectl = async (args, input) => {
    if (interrupted && args[0] !== "delete") throw new Error("interrupted: nothing was kept");
    const child = spawn("kubectl", ["--kubeconfig", kubeconfig, ...args], {
      env: pulumiEnvironment(checkout),
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.on("error", () => {}); // it may end before it has read everything
    child.stdin.end(input);
    const [stdout, stderr, [code]] = await Promise.all([
      child.stdout.toArray(),
      child.stderr.toArray(),
      once(child, "close"),
    ]);
    if (code !== 0)
      throw new Error(
        `kubectl ${args.slice(0, 3).join(" ")}: ${Buffer.concat(stderr).toString().trim() || Buffer.concat(stdout).toString().trim()}`,
      );
    return Buffer.concat(stdout).toString();
  };
  const nodes = await kubectl([
    "get",
    "nodes",
    "-o",
    "jsonpath={.items[*].metadata.annotations.kwok\\.x-k8s\\.io/node}",
  ]);
  if (nodes.trim() !== "")
    throw new Error("the node is simulated and no container runs on it: backups can be measured on a real node only");
  return kubectl;
}

/** An amount as people write it: 6.0 GiB, 320 MiB. */
function amount(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)}GiB` : `${Math.round(bytes / 2 ** 20)}MiB`;
}
