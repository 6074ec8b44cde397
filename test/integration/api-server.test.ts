import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { V1Pod, V1PodSpec } from "@kubernetes/client-node";
import test from "ava";
import type { Manifest } from "../../scripts/support/declared-objects.ts";
import { kubectl, withManifest } from "../support/cluster.ts";
import { namespacesOf } from "../support/listed-systems.ts";
import { goIsThere, installDefinitions, removeDefinitions } from "./support/custom-definitions.ts";
import { podOf } from "./support/pods.ts";
import { home, rendered } from "./support/rendered.ts";

const stacks = ["dev", "prod"] as const;
type Stack = (typeof stacks)[number];

/** Each system with its namespace, one way to weaken a pod of it, and what Pod Security then says. */
const systems: readonly {
  system: string;
  namespace: string;
  unsafe: string;
  weaken: (pod: V1PodSpec) => void;
  refusal: RegExp;
}[] = [
  {
    system: "bgc-platform",
    namespace: "data",
    unsafe: "may gain privileges",
    weaken: ({ containers }) => (containers[0]!.securityContext!.allowPrivilegeEscalation = true),
    refusal:
      /allowPrivilegeEscalation != false \(container "\S+" must set securityContext\.allowPrivilegeEscalation=false\)/,
  },
  {
    system: "platform-service",
    namespace: "platform",
    unsafe: "keeps its capabilities",
    weaken: ({ containers }) => delete containers[0]!.securityContext!.capabilities,
    refusal: /unrestricted capabilities \(container "\S+" must set securityContext\.capabilities\.drop=\["ALL"\]\)/,
  },
  {
    system: "bots-edi",
    namespace: "edi",
    unsafe: "runs as root",
    weaken: (pod) => (pod.securityContext!.runAsUser = 0),
    refusal: /runAsUser=0 \(pod must not set runAsUser=0\)/,
  },
  {
    system: "resilient-api-gateway",
    namespace: "api-gateway",
    unsafe: "mounts the node's files",
    weaken: (pod) => pod.volumes!.push({ name: "node", hostPath: { path: "/" } }),
    refusal: /restricted volume types \(volume "node" uses restricted volume type "hostPath"\)/,
  },
  {
    system: "techbra-ecommerce",
    namespace: "techbra-test",
    unsafe: "uses the node's network",
    weaken: (pod) => (pod.hostNetwork = true),
    refusal: /host namespaces \(hostNetwork=true\)/,
  },
];

/** Namespaces of this test's own, for those that a stack's objects live in; Velero's belongs to the cluster. */
const ownNames = (stack: Stack) =>
  new Map([...namespacesOf(stack), "velero"].map((name) => [name, `${name}-${stack}-${process.pid}`]));
const own = { dev: ownNames("dev"), prod: ownNames("prod") };
const objects: Record<Stack, Manifest[]> = { dev: [], prod: [] };
const folder = mkdtempSync(join(tmpdir(), "api-server-"));

const ofSystem = (stack: Stack, namespace: string) =>
  objects[stack].filter((object) => home(object) === own[stack].get(namespace));
const list = (items: readonly object[]) => ({ apiVersion: "v1", kind: "List", items });
const lines = (text: string) => text.trim().split("\n").sort();
const apply = [
  "apply",
  "--server-side",
  "--field-manager=integration-test",
  "--validate=strict",
  "--output=name",
] as const;
const dryRun = (object: object) => withManifest(object, ...apply, "--dry-run=server");
const dryCreate = (object: object) => withManifest(object, "create", "--dry-run=server", "--output=name");

/** What the API server calls an object: kind, group and name. */
function reference({ apiVersion, kind, metadata }: Manifest): string {
  const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
  return `${kind.toLowerCase()}${group}/${metadata.name}`;
}

test.before(async () => {
  if (goIsThere) await installDefinitions();
  for (const stack of stacks) objects[stack] = await rendered(stack, join(folder, stack), own[stack]);
  // What admission goes by has to exist: a dry run alone judges nothing against a namespace that is not there.
  const kinds = ["Namespace", "ResourceQuota", "LimitRange", "ServiceAccount"];
  const velero = stacks.map((stack) => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: own[stack].get("velero")! },
  }));
  const { code, stderr } = await withManifest(
    list([
      ...velero,
      ...kinds.flatMap((kind) => stacks.flatMap((stack) => objects[stack].filter((object) => object.kind === kind))),
    ]),
    ...apply,
  );
  if (code !== 0) throw new Error(stderr);
  // Until the quota's use is counted, admission refuses every pod.
  for (const { metadata } of stacks.flatMap((stack) => objects[stack].filter(({ kind }) => kind === "ResourceQuota"))) {
    await kubectl(
      "wait",
      "resourcequota",
      metadata.name,
      "--namespace",
      metadata.namespace!,
      "--for=jsonpath={.status.used}",
      "--timeout=60s",
    );
  }
});
test.after.always(async () => {
  await kubectl("delete", "namespaces", ...stacks.flatMap((stack) => [...own[stack].values()]), "--ignore-not-found");
  if (goIsThere) await removeDefinitions();
  rmSync(folder, { recursive: true, force: true });
});

for (const stack of stacks) {
  test.serial(
    `stack ${stack} has one restricted namespace for each system, and no object is outside them (X01)`,
    (t) => {
      const homes = [...own[stack]]
        .filter(([name]) => name !== "velero")
        .map(([, home]) => home)
        .sort();
      t.deepEqual(
        objects[stack]
          .filter(
            ({ kind, metadata }) =>
              kind === "Namespace" && metadata.labels?.["pod-security.kubernetes.io/enforce"] === "restricted",
          )
          .map(home)
          .sort(),
        homes,
      );
      t.deepEqual([...new Set(objects[stack].map(home))].sort(), homes);
    },
  );

  for (const { system, namespace, unsafe, weaken, refusal } of systems) {
    const pods = () =>
      ofSystem(stack, namespace)
        .map(podOf)
        .filter((pod) => pod !== undefined);

    // Production's custom kinds are defined in Go modules.
    const judged = stack === "dev" || goIsThere ? test.serial : test.serial.skip;
    judged(
      `a real API server accepts every object of ${system} in stack ${stack} under strict validation${judged === test.serial ? "" : ", not tried without Go on PATH"}`,
      async (t) => {
        const { code, stdout, stderr } = await dryRun(list(ofSystem(stack, namespace)));
        t.is(code, 0, stderr);
        t.is(stderr, "");
        t.deepEqual(lines(stdout), ofSystem(stack, namespace).map(reference).sort());
      },
    );

    test.serial(`Pod Security and the quota let in every pod of ${system} in stack ${stack} (X01, X02)`, async (t) => {
      const controllers = ofSystem(stack, namespace).filter(({ kind }) =>
        ["Deployment", "StatefulSet", "Job", "CronJob"].includes(kind),
      );
      const { code, stdout, stderr } = await dryCreate(list(pods()));
      t.is(code, 0, stderr);
      t.is(stderr, "");
      t.deepEqual(
        lines(stdout),
        controllers.map(({ kind, metadata }) => `pod/${kind.toLowerCase()}-${metadata.name}`).sort(),
      );
    });

    test.serial(`a pod of ${system} in stack ${stack} that ${unsafe} is refused (X01)`, async (t) => {
      const pod: V1Pod = structuredClone(pods()[0]!);
      weaken(pod.spec!);
      const { code, stderr } = await dryCreate(pod);
      t.not(code, 0);
      t.regex(stderr, /violates PodSecurity "restricted:latest"/);
      t.regex(stderr, refusal);
    });
  }
}

const namespace = own.dev.get("data")!;

test.serial("a misspelt field is refused, so the strict validation is real", async (t) => {
  const { code, stderr } = await dryRun({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "wrong", namespace },
    datum: {},
  });
  t.not(code, 0);
  t.regex(stderr, /unknown field|field not declared in schema/);
});

(goIsThere ? test.serial : test.serial.skip)(
  `a misspelt field of a custom kind is refused as well${goIsThere ? "" : ", not tried without Go on PATH"}`,
  async (t) => {
    const certificate = objects.prod.find(({ kind }) => kind === "Certificate")!;
    const { code, stderr } = await dryRun({
      ...certificate,
      spec: { ...(certificate["spec"] as object), secretNam: "wrong" },
    });
    t.not(code, 0);
    t.regex(stderr, /\.spec\.secretNam: field not declared in schema/);
  },
);

test.serial("the rendered namespace refuses a privileged pod (X01)", async (t) => {
  const { code, stderr } = await dryCreate({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "wrong", namespace },
    spec: { containers: [{ name: "c", image: "example.org/i:v1", securityContext: { privileged: true } }] },
  });
  t.not(code, 0);
  t.regex(stderr, /violates PodSecurity "restricted:latest"/);
});

test.serial(
  "the quota refuses what the namespace may not ask for, and the limit range fills what a container leaves out (X02)",
  async (t) => {
    const security = {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    };
    const pod = (resources: object) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "asks", namespace },
      spec: { containers: [{ name: "c", image: "example.org/i:v1", securityContext: security, resources }] },
    });
    const tooMuch = await dryCreate(pod({ requests: { cpu: "3" }, limits: { cpu: "3" } }));
    t.not(tooMuch.code, 0);
    t.regex(tooMuch.stderr, /exceeded quota: quota, requested: requests.cpu=3/);
    const silent = await withManifest(pod({}), "create", "--dry-run=server", "--output=json");
    t.is(silent.code, 0, silent.stderr);
    t.deepEqual(JSON.parse(silent.stdout).spec.containers[0].resources.limits, {
      cpu: "500m",
      memory: "256Mi",
      "ephemeral-storage": "512Mi",
    });
  },
);
