import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { stackVariant } from "../../support/stack-variant.ts";
import { allContainers, type Container, podSpec } from "../../support/objects.ts";
import type { Manifest } from "../../../scripts/support/declared-objects.ts";
import { readEnvironment } from "../../../workloads/server/environment.ts";
import { type SystemName, systemNamespaces } from "../systems/support/system.ts";
import type { Program } from "../../../workloads/server/role.ts";

const folder = mkdtempSync(join(tmpdir(), "environment-"));
test.after.always(() => rmSync(folder, { recursive: true }));

interface Started {
  readonly title: string;
  readonly environment: Record<string, string | undefined>;
}

/** Every container of a namespace that starts the contract server, with the environment that it would find. */
async function started(namespace: string): Promise<Started[]> {
  const { objects } = await stackVariant("dev");
  const own = objects.filter(({ metadata }) => metadata.namespace === namespace);
  return own
    .filter(({ kind }) => ["Deployment", "StatefulSet", "Job", "CronJob"].includes(kind))
    .flatMap((object) =>
      allContainers(podSpec(object))
        .filter(({ env }) => env?.some(({ name }) => name === "ROLE"))
        .map((container) => ({
          title: `${object.kind}/${object.metadata.name}`,
          environment: environment(container, object, own),
        })),
    );
}

function environment(
  { env, envFrom = [], volumeMounts }: Container,
  object: Manifest,
  own: readonly Manifest[],
): Started["environment"] {
  const config = (name: string) =>
    own.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === name)!["data"] as Record<string, string>;
  const values = Object.assign(
    {},
    ...envFrom.map(({ configMapRef }) => config(configMapRef.name)),
    Object.fromEntries(env.map(({ name, value }) => [name, value])),
  ) as Record<string, string>;
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (!name.endsWith("_FILE") || name === "OUTPUT_FILE") return [name, value];
      // The file's content is the ConfigMap's where there is one; a password, which has no value here, is any word.
      const mount = volumeMounts
        .filter(({ mountPath }) => value.startsWith(`${mountPath}/`))
        .sort((left, right) => right.mountPath.length - left.mountPath.length)[0];
      if (!mount) return [name, value];
      const volume = podSpec(object).volumes.find((each) => each.name === mount.name)!;
      const file = join(folder, `${object.metadata.name}-${name}`);
      writeFileSync(
        file,
        volume.configMap ? config(volume.configMap.name)[value.slice(mount.mountPath.length + 1)]! : "word",
      );
      return [name, file];
    }),
  );
}

/** The systems that have a contract server. */
const served = readdirSync(new URL("../../../workloads/server/systems", import.meta.url)).map(
  (file) => file.replace(/\.ts$/, "") as SystemName,
);

for (const system of served) {
  const [namespace] = systemNamespaces[system];

  test(`${system}: every program of the contract server accepts the environment that it is given`, async (t) => {
    const { programs } = (await import(`../../../workloads/server/systems/${system}.ts`)) as {
      programs: readonly Program[];
    };
    const found = await started(namespace);
    t.true(found.length > 1, found.map(({ title }) => title).join());
    for (const { title, environment: source } of found)
      t.is(readEnvironment(source, programs).program.name, source["ROLE"]!, title);
  });
}

test("an environment that lacks what its program reads is refused by the variable's name", async (t) => {
  const { programs } = await import("../../../workloads/server/systems/platform-service.ts");
  const { PGHOST: _, ...rest } = (await started("platform")).find(
    ({ title }) => title === "Deployment/platform-service",
  )!.environment;
  t.throws(() => readEnvironment(rest, programs), { message: /^the environment is not valid: PGHOST is not set/ });
});
