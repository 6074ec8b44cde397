import test from "ava";
import { needsRecreate } from "../../../policies/model/annotations.ts";
import { goodStack } from "../../policy/fixtures/good.ts";
import { command, eventually, kubectl, withManifest } from "../../support/cluster.ts";
import { moved } from "../support/moved.ts";
import { admission, makeNamespaces, namespaces, tidyUp } from "./support/gate.ts";

const { guarded, free } = namespaces;
const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
type Deployment = ReturnType<typeof goodStack>["api"];

/** The good stack's Deployment under a name of its own, changed; without pods, whose images are nowhere. */
function deployment(
  name: string,
  change: (own: Deployment) => void = () => {},
  namespace: string = guarded,
): Deployment {
  const own = moved(goodStack().api, new Map([["data", namespace]]));
  own.metadata.name = name;
  own.spec.replicas = 0;
  change(own);
  return own;
}
const containerOf = (own: Deployment) => own.spec.template.spec.containers[0]!;
const writable = (own: Deployment) => {
  containerOf(own).securityContext.readOnlyRootFilesystem = false;
};
const latest = (own: Deployment) => {
  containerOf(own).image = "bgc-api:latest";
};
const excepted = (text: string) => (own: Deployment) => {
  writable(own);
  Object.assign(own.metadata, { annotations: { "production-platform/exception.X01-read-only-root": text } });
};
const create = (manifest: object) => withManifest(manifest, "create");
interface ReplicaSet {
  readonly metadata: { readonly ownerReferences: readonly { readonly name: string }[] };
  readonly spec: { readonly replicas: number; readonly template: Deployment["spec"]["template"] };
}
async function replicaSets(of: string): Promise<ReplicaSet[]> {
  const { items } = JSON.parse(await kubectl("get", "replicasets", "-n", guarded, "-o", "json")) as {
    items: ReplicaSet[];
  };
  return items.filter(({ metadata }) => metadata.ownerReferences[0]?.name === of);
}

const policy = "production-platform-x08-image-pinned";
const movingTag = new RegExp(
  `ValidatingAdmissionPolicy '${policy}' with binding '${policy}' denied request: container "api": image uses a moving tag .*` +
    "\\[X08-image-pinned\\]; why: .* fix: image: registry\\.example\\.com/team/name:v1\\.2\\.3",
);
let applied = "";

/**
 * cert-manager's own account, which may make Services in the guarded namespace, and the Service of its HTTP-01 solver.
 */
const certManager = "system:serviceaccount:cert-manager:cert-manager";
const solverRole = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "Role",
  metadata: { name: "solver", namespace: guarded },
  rules: [{ apiGroups: [""], resources: ["services"], verbs: ["create"] }],
};
const solverBinding = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: { name: "solver", namespace: guarded },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "solver" },
  subjects: [{ kind: "ServiceAccount", name: "cert-manager", namespace: "cert-manager" }],
};
const solverService = (owned: boolean) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: {
    name: "cm-acme-http-solver",
    namespace: guarded,
    ...(owned && {
      ownerReferences: [
        {
          apiVersion: "acme.cert-manager.io/v1",
          kind: "Challenge",
          name: "tls-cert",
          uid: "00000000-0000-0000-0000-000000000000",
          controller: true,
        },
      ],
    }),
  },
  spec: {
    type: "NodePort",
    selector: { "acme.cert-manager.io/http01-solver": "true" },
    ports: [{ name: "http", port: 8089 }],
  },
});

test.before(async () => {
  await makeNamespaces();
  // It was there before the policies, and breaks a rule: its pods come and go all the same.
  const old = deployment("old", (own) => {
    latest(own);
    own.spec.replicas = 1;
    Object.assign(own.spec, { strategy: { type: "Recreate" } });
    Object.assign(own.metadata, {
      annotations: { [needsRecreate]: "one version at a time is what the test looks at" },
    });
  });
  const { code, stderr } = await create(old);
  if (code !== 0) throw new Error(stderr);
  await eventually(
    "a ReplicaSet of old",
    60,
    () => replicaSets("old"),
    (sets) => sets.length === 1,
  );
  const solver = await create({ apiVersion: "v1", kind: "List", items: [solverRole, solverBinding] });
  if (solver.code !== 0) throw new Error(solver.stderr);
  const result = await admission("apply");
  if (result.code !== 0) throw new Error(result.stdout + result.stderr);
  applied = result.stdout;
});
test.after.always(tidyUp);

test.serial("apply says what it made, that the type checker is content, and proves a refusal", (t) => {
  t.regex(applied, /^\d+ of \d+ rules as admission policies, \d+ bindings, \d+ of which refuse$/m);
  t.regex(applied, /: \d+ created, 0 changed, 0 unchanged, 0 removed$/m);
  t.notRegex(applied, /type checker warns/);
  t.regex(applied, /^proven, an unsafe Deployment is refused: .*ValidatingAdmissionPolicy 'production-platform-/m);
});

test.serial("applying again changes nothing, and removes what the rules no longer have", async (t) => {
  const resourceRules = [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["secrets"] }];
  const metadata = { name: "production-platform-of-old", labels: { "production-platform/gate": "admission" } };
  const stale = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata,
    spec: { matchConstraints: { resourceRules }, validations: [{ expression: "true" }] },
  };
  t.is((await create(stale)).code, 0);
  t.regex((await admission("apply")).stdout, /: 0 created, 0 changed, \d+ unchanged, 1 removed$/m);
  t.regex((await admission("apply")).stdout, /: 0 created, 0 changed, \d+ unchanged, 0 removed$/m);
});

test.serial(
  "kubectl create, apply, patch and set image are refused with the lines to write, and change nothing",
  async (t) => {
    t.is((await create(deployment("good"))).code, 0);
    for (const { code, stderr } of [
      await create(deployment("other", latest)),
      await withManifest(deployment("good", latest), "apply"),
      await command("kubectl", ["set", "image", "deployment/good", "api=bgc-api:latest", "-n", guarded]),
      await command("kubectl", [
        "patch",
        "deployment",
        "good",
        "-n",
        guarded,
        "--type=json",
        '--patch=[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"bgc-api:latest"}]',
      ]),
    ]) {
      t.not(code, 0);
      t.regex(stderr, movingTag);
    }
    t.is(
      await kubectl(
        "get",
        "deployment",
        "good",
        "-n",
        guarded,
        "-o",
        "jsonpath={.spec.template.spec.containers[0].image}",
      ),
      "bgc-api:v0.4.0",
    );
    t.is((await command("kubectl", ["set", "image", "deployment/good", "api=bgc-api:v0.5.0", "-n", guarded])).code, 0);
  },
);

test.serial("a namespace without the label is left alone", async (t) => {
  const { code, stderr } = await create(deployment("other", latest, free));
  t.is(code, 0, stderr);
  t.is(stderr, "");
});

test.serial("an exception with a reason is honoured until its last day has passed", async (t) => {
  t.is((await create(deployment("excepted", excepted(`writes its cache; until=${day(2)}`)))).code, 0);
  const wrong = {
    expired: `writes its cache; until=${day(-2)}`,
    reasonless: `; until=${day(2)}`,
    endless: "writes its cache",
  };
  for (const [name, text] of Object.entries(wrong)) {
    const { code, stderr } = await create(deployment(name, excepted(text)));
    t.not(code, 0, name);
    t.regex(stderr, /container "api": readOnlyRootFilesystem is not true \[X01-read-only-root\]/, name);
  }
  // The clock of an update is the time of this very update.
  const { code, stderr } = await withManifest(
    deployment("excepted", excepted(`writes its cache; until=${day(-2)}`)),
    "apply",
  );
  t.not(code, 0);
  t.regex(stderr, /\[X01-read-only-root\]/);
});

test.serial("what was there before is scaled and replaced, but not changed for something as bad", async (t) => {
  t.is((await command("kubectl", ["scale", "deployment/old", "--replicas=2", "-n", guarded])).code, 0);
  await eventually(
    "two replicas of the old version",
    60,
    () => replicaSets("old"),
    ([set]) => set?.spec.replicas === 2,
  );
  t.regex(
    (await command("kubectl", ["set", "image", "deployment/old", "api=bgc-api:stable", "-n", guarded])).stderr,
    movingTag,
  );
  t.is((await command("kubectl", ["set", "image", "deployment/old", "api=bgc-api:v0.4.0", "-n", guarded])).code, 0);
  await eventually(
    "the old version scaled down and the new one up",
    120,
    () => replicaSets("old"),
    (sets) =>
      sets.length === 2 &&
      sets.every(
        ({ spec }) => spec.replicas === (spec.template.spec.containers[0]!.image === "bgc-api:latest" ? 0 : 2),
      ),
  );
  t.is(
    (await command("kubectl", ["delete", "deployment", "old", "-n", guarded, "--cascade=foreground", "--timeout=120s"]))
      .code,
    0,
  );
});

test.serial("a container added to a running pod is judged, and only that one", async (t) => {
  const { metadata, spec } = deployment("none").spec.template as { metadata: object; spec: object };
  t.is(
    (
      await create({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { ...metadata, name: "running", namespace: guarded },
        spec: { ...spec, restartPolicy: "Never" },
      })
    ).code,
    0,
  );
  const debug = (image: string) =>
    command("kubectl", [
      "debug",
      "running",
      "-n",
      guarded,
      `--image=${image}`,
      "--container=debug",
      "--profile=restricted",
    ]);
  const unpinned = await debug("busybox:latest");
  t.not(unpinned.code, 0);
  t.regex(unpinned.stderr, /container "debug": .*; why: /);
  t.notRegex(unpinned.stderr, /container "debug", |container "api"/);
});

test.serial(
  "cert-manager's solver gets its Service for a challenge, and neither it without one nor a person in its place does",
  async (t) => {
    const asked = (owned: boolean, ...as: string[]) =>
      withManifest(solverService(owned), "create", "--dry-run=server", ...as);
    const made = await asked(true, `--as=${certManager}`);
    t.is(made.code, 0, made.stderr);
    for (const { code, stderr } of [await asked(false, `--as=${certManager}`), await asked(true)]) {
      t.not(code, 0);
      t.regex(
        stderr,
        /the Service is a NodePort or LoadBalancer or ExternalName without a reason \[X05-service-exposed\]/,
      );
    }
  },
);

test.serial("a guarded namespace cannot be taken out of Pod Security; others' namespaces are theirs", async (t) => {
  const weaken = (namespace: string) =>
    command("kubectl", ["label", "namespace", namespace, "pod-security.kubernetes.io/enforce=baseline"]);
  const { code, stderr } = await weaken(guarded);
  t.not(code, 0);
  t.regex(
    stderr,
    /\[X01-namespace-pod-security\]; why: .* fix: metadata: \/ {3}labels: \/ {5}pod-security\.kubernetes\.io\/enforce: restricted/,
  );
  t.is((await weaken(free)).code, 0);
});

test.serial("in mode warn the same is accepted with a warning, in mode audit without a word", async (t) => {
  const ask = () => withManifest(deployment("other", latest), "create", "--dry-run=server");
  t.regex((await admission("apply", "--mode", "warn")).stdout, /nothing is refused in mode warn/);
  const warned = await eventually("a warning in place of a refusal", 60, ask, ({ code }) => code === 0);
  t.regex(
    warned.stderr,
    /^Warning: Validation failed for ValidatingAdmissionPolicy 'production-platform-x08-image-pinned' .*\[X08-image-pinned\]/m,
  );
  t.is((await admission("apply", "--mode", "audit")).code, 0);
  await eventually("no more warnings", 60, ask, ({ code, stderr }) => code === 0 && stderr === "");
  t.is((await admission("apply")).code, 0);
  t.regex((await eventually("refusals again", 60, ask, ({ code }) => code !== 0)).stderr, movingTag);
});

test.serial("remove takes everything away, and can be run again", async (t) => {
  t.regex((await admission("remove")).stdout, /: \d+ policies and bindings removed; /);
  t.is(
    await kubectl(
      "get",
      "validatingadmissionpolicies,validatingadmissionpolicybindings",
      "--selector=production-platform/gate=admission",
      "--output=name",
    ),
    "",
  );
  await eventually(
    "what was refused is accepted",
    60,
    () => withManifest(deployment("other", latest), "create", "--dry-run=server"),
    ({ code }) => code === 0,
  );
  const again = await admission("remove");
  t.is(again.code, 0);
  t.regex(again.stdout, /there was nothing to remove/);
});
