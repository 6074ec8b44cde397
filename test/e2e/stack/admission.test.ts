import { readFileSync, rmSync } from "node:fs";
import test from "ava";
import { checkout } from "../../../scripts/support/checkout.ts";
import { command, kubectl, shell, withManifest } from "../../support/cluster.ts";

const run = (...args: string[]) =>
  command(process.execPath, [`${checkout}/scripts/run.mjs`, ...args], { timeout: 900_000 });
const api = ["deployment", "bgc-api", "-n", "data"] as const;
const generation = () => kubectl("get", ...api, "-o", "jsonpath={.metadata.generation}");

let before = "";
test.before(async () => {
  before = await generation();
  const { code, stdout, stderr } = await run("admission", "apply");
  if (code !== 0 || !stdout.includes("proven, an unsafe Deployment is refused")) throw new Error(stdout + stderr);
});
test.after.always(async () => {
  await run("admission", "remove");
});

test.serial("kubectl set image to :latest is refused on the running platform, with the line to write", async (t) => {
  const [container, image] = (
    await kubectl(
      "get",
      ...api,
      "-o",
      "jsonpath={.spec.template.spec.containers[0].name} {.spec.template.spec.containers[0].image}",
    )
  ).split(" ");
  const { code, stderr } = await command("kubectl", [
    "set",
    "image",
    "deployment/bgc-api",
    "-n",
    "data",
    `${container}=${image?.replace(/:[^:/]*$/, "")}:latest`,
  ]);
  t.not(code, 0);
  t.regex(
    stderr,
    /container "[^"]+": image uses a moving tag .*\[X08-image-pinned\]; why: .* fix: image: registry\.example\.com\/team\/name:v1\.2\.3/,
  );
});

test.serial("kubectl edit is refused, and the reopened file says why and what to write", async (t) => {
  const { code, stderr } = await shell(
    "KUBE_EDITOR=\"sed -i '/^#/!s/readOnlyRootFilesystem: true/readOnlyRootFilesystem: false/'\" kubectl edit deployment bgc-api -n data",
  );
  t.not(code, 0);
  t.regex(stderr, /deployments\.apps "bgc-api" is invalid/);
  const kept = /A copy of your changes has been stored to "([^"]+)"/.exec(stderr)?.[1] ?? "";
  t.teardown(() => rmSync(kept));
  t.regex(
    readFileSync(kept, "utf8"),
    /readOnlyRootFilesystem is not true \[X01-read-only-root\]; why: .* fix: securityContext: \/ {3}readOnlyRootFilesystem: true/,
  );
});

test.serial("kubectl apply of a privileged container is refused", async (t) => {
  const { apiVersion, kind, metadata, spec } = JSON.parse(await kubectl("get", ...api, "-o", "json"));
  spec.template.spec.containers[0].securityContext.privileged = true;
  spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation = true; // the API server itself wants both
  const own = {
    apiVersion,
    kind,
    metadata: { name: metadata.name, namespace: metadata.namespace, labels: metadata.labels },
    spec,
  };
  const { code, stderr } = await withManifest(
    own,
    "apply",
    "--server-side",
    "--force-conflicts",
    "--field-manager=admission-test",
  );
  t.not(code, 0);
  t.regex(
    stderr,
    /\[X01-privilege(d|-escalation)\]; why: .* fix: securityContext: \/ {3}(privileged|allowPrivilegeEscalation): false/,
  );
});

test.serial("none of these attempts changed the Deployment", async (t) => {
  t.is(await generation(), before);
});

test.serial("controllers work on: a rollout ends, and a backup is run by hand", async (t) => {
  await kubectl("rollout", "restart", "deployment/bgc-api", "-n", "data");
  t.regex(
    await kubectl("rollout", "status", "deployment/bgc-api", "-n", "data", "--timeout=300s"),
    /successfully rolled out/,
  );
  const backup = await kubectl(
    "get",
    "cronjobs",
    "-n",
    "data",
    "-l",
    "production-platform/backup-of=postgres",
    "-o",
    "jsonpath={.items[0].metadata.name}",
  );
  await kubectl("create", "job", "under-admission", `--from=cronjob/${backup}`, "-n", "data");
  t.regex(
    await kubectl("wait", "job/under-admission", "-n", "data", "--for=condition=Complete", "--timeout=300s"),
    /condition met/,
  );
  await kubectl("delete", "job", "under-admission", "-n", "data");
});

test.serial("the stack's own update passes and changes nothing", async (t) => {
  const { code, stdout, stderr } = await run("up");
  t.is(code, 0, stdout + stderr);
  t.regex(stdout, /^done: \d+ unchanged \(/m);
});

test.serial("without the policies the API server takes the same again", async (t) => {
  const { code, stdout } = await run("admission", "remove");
  t.is(code, 0);
  t.regex(stdout, /policies and bindings removed/);
  t.is(
    await kubectl(
      "get",
      "validatingadmissionpolicies,validatingadmissionpolicybindings",
      "--selector=production-platform/gate=admission",
      "--output=name",
    ),
    "",
  );
});
