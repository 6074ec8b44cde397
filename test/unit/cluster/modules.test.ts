import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { parseAllDocuments } from "yaml";
import { modulesFolder } from "../../../cluster/paths.ts";
import { clusterPrograms, pulumiPrograms, rclone, scanner } from "../../../cluster/pins.ts";
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
    t.deepEqual(common.filter((path) => versions.get(path) !== pulumi.get(path)).map((path) => `${path} ${versions.get(path)}, and pulumi has ${pulumi.get(path)}`), []);
  });
}

test("every module is some program's, and every program has its module", (t) => {
  const modules = new Set([...pulumiPrograms, ...clusterPrograms, rclone, scanner].map(({ module }) => module));
  t.deepEqual([...modules].sort(), readdirSync(modulesFolder).sort());
  for (const module of modules) t.true(existsSync(join(modulesFolder, module, "go.mod")), module);
});

test("CoreDNS is built with the plugins of the cluster's Corefile, and no other", (t) => {
  const documents = parseAllDocuments(readFileSync(join(checkout, "cluster/local/addons/coredns.yaml"), "utf8")).map((document) => document.toJS() as { kind: string; data?: { Corefile: string } });
  const { Corefile } = documents.find(({ kind }) => kind === "ConfigMap")!.data!;
  const used = [...Corefile.matchAll(/^ +(\w+)/gm)].map(([, plugin]) => plugin!);
  const built = [...readFileSync(join(modulesFolder, "addons/coredns/main.go"), "utf8").matchAll(/coredns\/plugin\/(\w+)"/g)].map(([, plugin]) => plugin!);
  t.deepEqual(built.sort(), used.sort());
});
