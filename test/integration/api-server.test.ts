import test from "ava";
import type { Manifest } from "../../scripts/support/declared-objects.ts";
import { command, kubectl, withManifest } from "../support/cluster.ts";
import { copyCheckout } from "../support/checkout-copy.ts";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

const namespace = `integration-${process.pid}`;
const copy = copyCheckout({});

/** A stack's objects as `npm run render` writes them, moved to a namespace of this test's own. */
async function rendered(stack: string): Promise<Manifest[]> {
  const out = join(copy, `rendered-${stack}`);
  const { code, stderr } = await command(process.execPath, [join(copy, "scripts/run.mjs"), "render", "--stack", stack, "--out", out]);
  if (code !== 0) throw new Error(stderr);
  return readdirSync(out).filter((file) => file.endsWith(".yaml")).map((file) => {
    const object = parse(readFileSync(join(out, file), "utf8")) as Manifest;
    return object.kind === "Namespace" ? { ...object, metadata: { ...object.metadata, name: namespace } } : { ...object, metadata: { ...object.metadata, namespace } };
  });
}

const dryRun = (object: object) => withManifest(object, "apply", "--server-side", "--dry-run=server", "--validate=strict", "--field-manager=integration-test");

test.before(async () => {
  const own = (await rendered("dev")).find(({ kind }) => kind === "Namespace")!;
  const { code, stderr } = await withManifest(own, "create");
  if (code !== 0) throw new Error(stderr);
});
test.after.always(async () => {
  await kubectl("delete", "namespace", namespace, "--wait=false");
  rmSync(copy, { recursive: true, force: true });
});

for (const [stack, foreign] of [["dev", []], ["prod", ["SealedSecret"]]] as const) {
  test.serial(`a real API server accepts every object of stack ${stack} under strict validation`, async (t) => {
    const objects = (await rendered(stack)).filter(({ kind }) => !(foreign as readonly string[]).includes(kind));
    t.true(objects.length > 50);
    const { code, stdout, stderr } = await dryRun({ apiVersion: "v1", kind: "List", items: objects });
    t.is(code, 0, stderr);
    t.is(stdout.trim().split("\n").length, objects.length);
    t.notRegex(stderr, /would violate PodSecurity/);
  });
}

test.serial("a misspelt field is refused, so the strict validation is real", async (t) => {
  const { code, stderr } = await dryRun({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "wrong", namespace }, datum: {} });
  t.not(code, 0);
  t.regex(stderr, /unknown field|field not declared in schema/);
});

test.serial("the rendered namespace refuses a privileged pod (X01)", async (t) => {
  const { code, stderr } = await withManifest({ apiVersion: "v1", kind: "Pod", metadata: { name: "wrong", namespace }, spec: { containers: [{ name: "c", image: "example.org/i:v1", securityContext: { privileged: true } }] } }, "create", "--dry-run=server");
  t.not(code, 0);
  t.regex(stderr, /violates PodSecurity "restricted:latest"/);
});

test.serial("the quota refuses what the namespace may not ask for, and the limit range fills what a container leaves out (X02)", async (t) => {
  for (const object of (await rendered("dev")).filter(({ kind }) => ["ResourceQuota", "LimitRange"].includes(kind))) {
    const { code, stderr } = await withManifest(object, "create");
    t.is(code, 0, stderr);
  }
  const security = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };
  const pod = (resources: object) => ({ apiVersion: "v1", kind: "Pod", metadata: { name: "asks", namespace }, spec: { containers: [{ name: "c", image: "example.org/i:v1", securityContext: security, resources }] } });
  const tooMuch = await withManifest(pod({ requests: { cpu: "3" }, limits: { cpu: "3" } }), "create", "--dry-run=server");
  t.not(tooMuch.code, 0);
  t.regex(tooMuch.stderr, /exceeded quota: quota, requested: requests.cpu=3/);
  const silent = await withManifest(pod({}), "create", "--dry-run=server", "-o", "json");
  t.is(silent.code, 0, silent.stderr);
  t.deepEqual(JSON.parse(silent.stdout).spec.containers[0].resources.limits, { cpu: "500m", memory: "256Mi", "ephemeral-storage": "512Mi" });
});
