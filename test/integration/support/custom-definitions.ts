import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { checkout } from "../../../scripts/support/checkout.ts";
import type { Manifest } from "../../../scripts/support/declared-objects.ts";
import { command, kubectl, withManifest } from "../../support/cluster.ts";

/**
 * The definition of each custom kind that a stack or its jobs make, as its project publishes it in its Go module: the
 * toolchain is built
 * from the module proxy too, so that nothing else has to be reachable. Each file is plain YAML that Kubernetes 1.35
 * takes. CloudNativePG and
 * Strimzi publish none there.
 */
const sources = [
  {
    kind: "cert-manager.io/v1 Certificate",
    module: "github.com/cert-manager/cert-manager@v1.21.2",
    file: "deploy/crds/cert-manager.io_certificates.yaml",
  },
  {
    kind: "bitnami.com/v1alpha1 SealedSecret",
    module: "github.com/bitnami-labs/sealed-secrets@v0.40.0",
    file: "helm/sealed-secrets/crds/bitnami.com_sealedsecrets.yaml",
  },
  {
    kind: "keda.sh/v1alpha1 ScaledObject",
    module: "github.com/kedacore/keda/v2@v2.21.0",
    file: "config/crd/bases/keda.sh_scaledobjects.yaml",
  },
  {
    kind: "velero.io/v1 Schedule",
    module: "github.com/vmware-tanzu/velero@v1.18.3",
    file: "config/crd/v1/bases/velero.io_schedules.yaml",
  },
  {
    kind: "barmancloud.cnpg.io/v1 ObjectStore",
    module: "github.com/cloudnative-pg/plugin-barman-cloud@v0.15.0",
    file: "config/crd/bases/barmancloud.cnpg.io_objectstores.yaml",
  },
  {
    kind: "snapshot.storage.k8s.io/v1 VolumeSnapshot",
    module: "github.com/kubernetes-csi/external-snapshotter/client/v8@v8.7.0",
    file: "config/crd/snapshot.storage.k8s.io_volumesnapshots.yaml",
  },
] as const;

/** Definitions that stand in this checkout, because no module that can be had publishes them. */
const kept = [
  { kind: "monitoring.coreos.com/v1 PrometheusRule", file: join(checkout, "test/support/prometheusrules.yaml") },
] as const;

/** What the definitions serve, as `apiVersion kind`. */
export const definedKinds: readonly string[] = [...sources, ...kept].map(({ kind }) => kind);

/** Marks what was installed here, so that a run that was killed is tidied up by the next one. */
const mark = "production-platform/installed-by=integration-test";

/** Whether the modules can be had at all. */
export const goIsThere = spawnSync("go", ["version"]).status === 0;

/** Installs the definitions that the cluster lacks, and waits until it serves them. */
export async function installDefinitions(): Promise<void> {
  await removeDefinitions();
  const present = await kubectl("get", "customresourcedefinitions", "--output=jsonpath={.items[*].metadata.name}");
  const definitions = [
    ...(await Promise.all(sources.map(published))),
    ...kept.map(({ file }) => marked(readFileSync(file, "utf8"))),
  ];
  const missing = definitions.filter(({ metadata }) => !present.split(" ").includes(metadata.name));
  if (missing.length === 0) return;
  const { code, stderr } = await withManifest({ apiVersion: "v1", kind: "List", items: missing }, "create");
  if (code !== 0) throw new Error(stderr);
  await kubectl(
    "wait",
    "customresourcedefinitions",
    `--selector=${mark}`,
    "--for=condition=Established",
    "--timeout=60s",
  );
}

/** Removes the definitions that `installDefinitions` installed, and no other. */
export const removeDefinitions = (): Promise<string> =>
  kubectl("delete", "customresourcedefinitions", `--selector=${mark}`);

async function published({ module, file }: (typeof sources)[number]): Promise<Manifest> {
  const { code, stdout, stderr } = await command("go", ["-C", tmpdir(), "mod", "download", "-json", module]);
  if (code !== 0) throw new Error(`${module} cannot be had: ${stdout}${stderr}`);
  return marked(readFileSync(join((JSON.parse(stdout) as { Dir: string }).Dir, file), "utf8"));
}

function marked(text: string): Manifest {
  const definition = parse(text) as Manifest;
  const [label, value] = mark.split("=") as [string, string];
  return {
    ...definition,
    metadata: { ...definition.metadata, labels: { ...definition.metadata.labels, [label]: value } },
  };
}
