import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { parseAllDocuments } from "yaml";
import { modulesFolder } from "../../../cluster/paths.ts";
import {
  clusterPrograms,
  promtool,
  pulumiPrograms,
  rclone,
  scanner,
  simulator,
  traefik,
  versions,
  workflowLinter,
} from "../../../cluster/pins.ts";
import { checkout } from "../../../scripts/support/checkout.ts";

/** The versions a module is built with: what its replacements say, else its requirements. */
function versionsOf(module: string): Map<string, string> {
  const text = readFileSync(join(modulesFolder, module, "go.mod"), "utf8");
  const required = [...text.matchAll(/^(?:require|\t)\s*(\S+) (v\S+)/gm)];
  const replaced = [...text.matchAll(/^(?:replace|\t)\s*(\S+) => \S+ (v\S+)/gm)];
  return new Map([...required, ...replaced].map(([, path, version]) => [path!, version!]));
}

/** Pulumi's own modules differ on purpose: these hosts are of other releases than the CLI. */
const own = (path: string) => path.startsWith("github.com/pulumi/pulumi/");

for (const module of ["language", "random"]) {
  test(`what module ${module} has in common with module pulumi is of the same version, so that Go compiles it once`, (t) => {
    const [pulumi, versions] = [versionsOf("pulumi"), versionsOf(module)];
    const common = [...versions.keys()].filter((path) => pulumi.has(path) && !own(path));
    t.true(common.length > 40, `${common.length} in common`);
    t.deepEqual(
      common
        .filter((path) => versions.get(path) !== pulumi.get(path))
        .map((path) => `${path} ${versions.get(path)}, and pulumi has ${pulumi.get(path)}`),
      [],
    );
  });
}

test("what stands in for Pulumi's Go SDK of Kubernetes is used for the provider, and built with the CLI's version of Pulumi's own", (t) => {
  const read = (file: string) => readFileSync(join(modulesFolder, "pulumi", file), "utf8");
  t.regex(read("go.mod"), /^replace github\.com\/pulumi\/pulumi-kubernetes\/sdk\/v4 => \.\/kubernetes-sdk$/m);
  t.notRegex(read("go.sum"), /pulumi-kubernetes\/sdk/);
  t.regex(read("kubernetes-sdk/go.mod"), /^module github\.com\/pulumi\/pulumi-kubernetes\/sdk\/v4$/m);
  t.deepEqual(
    read("kubernetes-sdk/go.mod").match(/pulumi\/sdk\/v3 (v\S+)/)?.[1],
    versionsOf("pulumi").get("github.com/pulumi/pulumi/sdk/v3"),
  );
});

test("Traefik is of the pinned release, and the copy of lego that it is built with is of the release that it asks for", (t) => {
  const { module, from, to } = traefik.copy!;
  t.is(versionsOf("traefik").get("github.com/traefik/traefik/v3"), `v${versions.traefik}`);
  t.true(readFileSync(join(modulesFolder, "traefik/go.mod"), "utf8").includes(`${module} => ./${to}\n`));
  t.is(versionsOf(`traefik/${from}`).get(module), versionsOf("traefik").get(module));
});

test("promtool is of the pinned release of Prometheus, whose Go module counts 3.13.5 as 0.313.5", (t) => {
  const [major, minor, patch] = versions.prometheus.split(".");
  t.is(versionsOf("promtool").get("github.com/prometheus/prometheus"), `v0.${major}${minor}.${patch}`);
});

/** The rule of kubernetes-sdk/go/kubernetes/yaml/v2/register.go. */
const tokenOf = (apiVersion: string, kind: string) =>
  `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${kind}`;

test("every kind of the pinned Pulumi package has its group, version and name as its token, which is how the stand-in registers it", (t) => {
  const sdk = join(checkout, "node_modules/@pulumi/kubernetes");
  const kinds = readdirSync(sdk, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".js"))
    .flatMap((file) => {
      const text = readFileSync(join(sdk, file), "utf8");
      const [token, apiVersion, kind] = [
        /__pulumiType = ['"](.+)['"];/,
        /\["apiVersion"\] = "(.+)";/,
        /\["kind"\] = "(.+)";/,
      ].map((field) => field.exec(text)?.[1]);
      return token && apiVersion && kind && !token.endsWith("Patch")
        ? [{ token, expected: tokenOf(apiVersion, kind) }]
        : [];
    });
  t.true(kinds.length > 150, `${kinds.length} kinds`);
  // An answer of the API server, and no object that a manifest could have.
  t.deepEqual(
    kinds.filter(({ token, expected }) => token !== expected),
    [{ token: "kubernetes:meta/v1:Status", expected: "kubernetes:core/v1:Status" }],
  );
  t.is(tokenOf("v1", "Secret"), "kubernetes:core/v1:Secret");
});

test("every module is some program's, and every program has its module", (t) => {
  const modules = new Set(
    [...pulumiPrograms, ...clusterPrograms, promtool, simulator, rclone, scanner, traefik, workflowLinter].map(
      ({ module }) => module,
    ),
  );
  t.deepEqual([...modules].sort(), readdirSync(modulesFolder).sort());
  for (const module of modules) t.true(existsSync(join(modulesFolder, module, "go.mod")), module);
});

test("CoreDNS is built with the plugins of the cluster's Corefile, and no other", (t) => {
  const documents = parseAllDocuments(readFileSync(join(checkout, "cluster/local/addons/coredns.yaml"), "utf8")).map(
    (document) => document.toJS() as { kind: string; data?: { Corefile: string } },
  );
  const { Corefile } = documents.find(({ kind }) => kind === "ConfigMap")!.data!;
  const used = [...Corefile.matchAll(/^ +(\w+)/gm)].map(([, plugin]) => plugin!);
  const built = [
    ...readFileSync(join(modulesFolder, "addons/coredns/main.go"), "utf8").matchAll(/coredns\/plugin\/(\w+)"/g),
  ].map(([, plugin]) => plugin!);
  t.deepEqual(built.sort(), used.sort());
});
