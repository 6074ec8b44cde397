import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig, VersionApi } from "@kubernetes/client-node";
import { scanner, versions } from "../../cluster/pins.ts";
import { ensureToolchain, pulumiEnvironment } from "../../cluster/toolchain.ts";
import { fromManifest, type KubernetesObject } from "../../policies/model/kubernetes-object.ts";
import { evaluate } from "../../policies/engine/judge.ts";
import { rulesAsOf } from "../../policies/rules/index.ts";
import { parseSettings } from "../../policies/engine/settings.ts";
import { keepSection, machineRows, table } from "./benchmarks-page.ts";
import { checkoutPreviewWorkspace, previewArguments } from "./checkout-preview.ts";
import { checkout, stateFolder } from "./checkout.ts";
import { stackKubeconfig } from "./cluster-record.ts";
import { declaredResources, type Manifest, manifests } from "./declared-objects.ts";
import { type Measurement, timed } from "./measurement.ts";
import { projectFolder, pulumi, releaseStaleLocks, selectStack, type Workspace } from "./pulumi.ts";
import { scannerMeasurements } from "./scanner-benchmark.ts";
import { stackConfiguration } from "./stack-configuration.ts";
import { ratio, type Spread, spread } from "./statistics.ts";

const stack = "dev";
const evaluatedObjects = 1000;

interface Platform {
  readonly workspace: Workspace;
  readonly version: string;
}

/** What was asked for on the command line. */
export interface UpdateBenchmark {
  readonly runs: number;
  readonly skipCluster: boolean;
  readonly write: boolean;
}

const folder = mkdtempSync(join(tmpdir(), "platform-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
// Whoever started a process waits for its end; this only keeps the next one from being started.
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => (interrupted = true));

/** Measures, prints, and keeps the result where it is asked to. Sets the exit code. */
export async function measureUpdates({ runs, skipCluster, write }: UpdateBenchmark): Promise<void> {
  try {
    const load = loadavg()[0] ?? 0;
    await ensureToolchain({ parts: "pulumi" });
    const platform = skipCluster ? "--skip-cluster was given" : await runningPlatform();
    if (typeof platform === "string") console.log(`what needs the platform is skipped: ${platform}`);
    const declared = manifests(await declaredResources(stackConfiguration(stack), stack));
    const measurements = [
      ...(await withoutCluster(declared)),
      ...(await scannerMeasurements(declared, folder, console.log).catch(withoutScanner)),
      ...(typeof platform === "string" ? [] : await againstCluster(platform, declared)),
    ];
    const spreads = await measureInTurns(measurements, runs);
    const text = [
      ...table([
        ["", "measured", "median", "min", "max"],
        ...measurements.map(({ id, title }) => [id, title, ...times(spreads.get(id)!)]),
      ]),
      "",
      ...table([["ratio", "what it says", "value"], ...ratios(spreads)]),
    ].join("\n");
    console.log(`\n${text}`);
    if (write) {
      keepSection("updates", await document(text, load, platform, { runs, skipCluster, write }));
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = interrupted ? 130 : 1;
  }
}

/** The other scanner is built with Go, which who has an own Pulumi may not have. */
function withoutScanner(error: Error): Measurement[] {
  console.log(`the comparison with another scanner is left out, because it cannot be built: ${error.message}`);
  return [];
}

/** The way to the platform which `npm run up` brought up here, or the reason why there is none. */
async function runningPlatform(): Promise<Platform | string> {
  const next = `bring the platform up with "npm run up"`;
  const kubeconfig = stackKubeconfig(stack);
  if (!existsSync(kubeconfig)) return `${kubeconfig} does not exist; ${next}`;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeconfig);
  const version = await kubeConfig
    .makeApiClient(VersionApi)
    .getCode({ signal: AbortSignal.timeout(5000) })
    .catch(() => undefined);
  if (!version) return `the API server of context ${kubeConfig.getCurrentContext()} does not answer; ${next}`;
  const workspace = {
    folder: projectFolder(stateFolder, stack),
    env: { ...pulumiEnvironment(checkout), KUBECONFIG: kubeconfig },
  };
  const stacks = JSON.parse(
    await ended("pulumi stack ls", pulumi(["stack", "ls", "--json"], workspace, { capture: true })),
  ) as { name: string; resourceCount?: number }[];
  // A stack that was selected and never updated has no resource.
  if (!stacks.some(({ name, resourceCount = 0 }) => name === stack && resourceCount > 0))
    return `stack ${stack} was never brought up in this checkout; ${next}`;
  await releaseStaleLocks(stack, workspace);
  return { workspace, version: version.gitVersion };
}

async function withoutCluster(declared: readonly Manifest[]): Promise<Measurement[]> {
  const workspace = checkoutPreviewWorkspace(mkdtempSync(join(folder, "preview-")), stack);
  await selectStack(stack, workspace);
  const preview = (policies: boolean) =>
    timed(() => ended("the preview", pulumi(previewArguments(stack, { policies }), workspace, { capture: true })));
  return [
    { id: "a", title: "preview without a cluster, under the policy pack", measure: () => preview(true) },
    { id: "b", title: "preview without a cluster, no policy pack", measure: () => preview(false) },
    {
      id: "c",
      title: `the policy rules alone, ${evaluatedObjects.toLocaleString("en")} objects`,
      measure: () => evaluation(declared),
    },
  ];
}

/** Judges copies of the stack, each in a namespace of its own; the last one is cut where the number is reached. */
async function evaluation(declared: readonly Manifest[]): Promise<number> {
  const copies = Math.ceil(evaluatedObjects / declared.length);
  // New objects for every run, so that nothing remembered of earlier ones helps.
  const objects = Array.from({ length: copies }, (_, copy) =>
    declared.flatMap((manifest) => inNamespace(`copy-${copy}`, manifest)),
  )
    .flat()
    .slice(0, evaluatedObjects);
  const settings = parseSettings();
  const today = new Date().toISOString().slice(0, 10);
  return timed(async () => evaluate(objects, settings, today));
}

function inNamespace(namespace: string, manifest: Manifest): KubernetesObject[] {
  const { metadata, ...rest } = structuredClone(manifest);
  return fromManifest({
    ...rest,
    metadata: manifest.kind === "Namespace" ? { ...metadata, name: namespace } : { ...metadata, namespace },
  });
}

async function againstCluster({ workspace }: Platform, declared: readonly Manifest[]): Promise<Measurement[]> {
  // As JSON, which leaves no room for two readings of one text. Generated passwords have no value outside an update.
  const rendered = mkdtempSync(join(folder, "rendered-"));
  for (const [index, object] of declared.entries())
    writeFileSync(
      join(rendered, `${index}.json`),
      JSON.stringify(object.kind === "Secret" ? { ...object, stringData: undefined } : object),
    );
  await selectStack(stack, workspace);
  // The update is part of the measurements, so anything it would change must be known before it runs.
  const { code, output } = await pulumi(["preview", "--stack", stack, "--expect-no-changes", "--diff"], workspace, {
    capture: true,
  });
  if (code !== 0)
    throw new Error(
      `${output.trim().split("\n").slice(-15).join("\n")}\nthe running platform is not what this checkout declares, and measuring would change it: run "npm run up" first`,
    );
  return [
    {
      id: "d",
      title: "update with nothing to change, under the policy pack",
      measure: () =>
        timed(() =>
          ended(
            "the update",
            pulumi(
              [
                "up",
                "--stack",
                stack,
                "--yes",
                "--policy-pack",
                "policies",
                "--suppress-outputs",
                "--expect-no-changes",
              ],
              workspace,
              { capture: true },
            ),
          ),
        ),
    },
    {
      id: "e",
      title: "kubectl diff --server-side of the rendered objects",
      measure: () => timed(() => kubectlDiff(rendered, workspace)),
    },
    {
      id: "f",
      title: "preview against the cluster, under the policy pack",
      measure: () => timed(() => ended("the preview", pulumi(previewArguments(stack), workspace, { capture: true }))),
    },
  ];
}

/** Waits for the CLI and returns what it said; throws with the end of that when it failed. */
async function ended(what: string, result: ReturnType<typeof pulumi>): Promise<string> {
  const { code, output } = await result;
  if (code !== 0)
    throw new Error(`${what} ended with exit ${code}:\n${output.trim().split("\n").slice(-15).join("\n")}`);
  return output;
}

/** Compares and throws the differences away. Exit 1 means that there are some; more than that is an error. */
function kubectlDiff(manifestFolder: string, { env }: Workspace): Promise<void> {
  return new Promise((resolve, reject) => {
    // As the owner of the fields: anybody else would be told of conflicts.
    const child = spawn(
      "kubectl",
      ["diff", "--server-side", "--field-manager=production-platform", "-f", manifestFolder],
      { env, stdio: ["ignore", "ignore", "pipe"] },
    );
    const said: Buffer[] = [];
    child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
    const stop = () => child.kill("SIGINT");
    process.on("SIGINT", stop).on("SIGTERM", stop);
    child.on("error", (error) =>
      reject(
        new Error(
          `kubectl does not start: ${error.message}. Put it on PATH, or build it with "npm run cluster -- toolchain"`,
        ),
      ),
    );
    child.on("close", (code, signal) => {
      process.off("SIGINT", stop).off("SIGTERM", stop);
      if (code !== null && code <= 1) return resolve();
      reject(
        new Error(`kubectl diff ended with ${signal ?? `exit ${code}`}:\n${Buffer.concat(said).toString().trim()}`),
      );
    });
  });
}

/** One round after another, so that a machine that slows down does so for all of them. */
async function measureInTurns(measurements: readonly Measurement[], runs: number): Promise<Map<string, Spread>> {
  const taken = new Map<string, number[]>(measurements.map(({ id }) => [id, []]));
  for (let round = 1; round <= runs; round += 1) {
    for (const { id, title, measure } of measurements) {
      if (interrupted) throw new Error("interrupted: nothing was kept");
      const milliseconds = await measure();
      taken.get(id)!.push(milliseconds);
      if (!interrupted) console.log(`run ${round}/${runs} (${id}) ${title}: ${duration(milliseconds)}`);
    }
  }
  if (interrupted) throw new Error("interrupted: nothing was kept");
  return new Map([...taken].map(([id, values]) => [id, spread(values)]));
}

function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}

function times({ median, min, max }: Spread): string[] {
  return [median, min, max].map(duration);
}

function ratios(spreads: ReadonlyMap<string, Spread>): string[][] {
  const wanted = [
    ["a", "e", "a preview without a cluster, to kubectl diff"],
    ["d", "e", "an update with nothing to change, to kubectl diff"],
    ["f", "e", "a preview against the cluster, to kubectl diff"],
    ["a", "b", "what the policy pack costs a preview"],
    ["g", "h", "npm run check, to another scanner"],
  ] as const;
  return wanted.flatMap(([of, to, meaning]) => {
    const [numerator, denominator] = [spreads.get(of), spreads.get(to)];
    return numerator && denominator ? [[`${of}/${to}`, meaning, ratio(numerator, denominator).toFixed(2)]] : [];
  });
}

async function document(
  text: string,
  load: number,
  platform: Platform | string,
  { runs, skipCluster }: UpdateBenchmark,
): Promise<string> {
  const version = (
    await ended(
      "pulumi version",
      pulumi(["version"], { folder: checkout, env: pulumiEnvironment(checkout) }, { capture: true }),
    )
  ).trim();
  const { dependencies } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const command = `npm run bench -- --runs ${runs}${skipCluster ? " --skip-cluster" : ""} --write`;
  return `## Updates, previews and policies

Made by \`${command}\` on ${new Date().toISOString().slice(0, 10)}; running it again replaces this section.

${text}

Each was measured ${runs} times in turns; ratios are those of the medians. All but (c) are whole processes from start to end;
(c) is a function call in a process that has loaded the rules. (a) and (b) plan a stack that does not exist yet, (d), (e) and (f) compare
with the one that runs. (e) asks the API server alone, for the same objects as JSON and without generated passwords; (d) and (f) also
run the program and, for each object, the policies. (g) and (h) read the same file, copies of the stack in namespaces of their own; (g)
gives the verdict of ${rulesAsOf("").length} rules, of which a good part looks at several objects at once, (h) that of ${scanner.name} ${versions.kubeScore}.
${typeof platform === "string" ? `\nWhat needs the running platform was skipped: ${platform}.\n` : ""}
${machineRows(load)}
| Node.js | ${process.version} |
| Pulumi | ${version}, @pulumi/pulumi ${dependencies["@pulumi/pulumi"]}, @pulumi/kubernetes ${dependencies["@pulumi/kubernetes"]} |
${typeof platform === "string" ? "" : `| Kubernetes | ${platform.version} |\n`}`;
}
