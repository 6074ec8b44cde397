import test from "ava";
import { ContentMap } from "../../../components/capabilities/content-map.ts";
import { Credential } from "../../../components/capabilities/credential.ts";
import { SharedConfig } from "../../../components/capabilities/shared-config.ts";
import { find } from "../../support/objects.ts";
import { declaredBy } from "../../support/stack-variant.ts";

const common = { namespace: "shop", labels: { app: "api" } };

async function config(values: Record<string, string>) {
  let made: SharedConfig | undefined;
  const objects = await declaredBy(() => (made = new SharedConfig("api-config", { ...common, values })));
  return { object: find(objects, "ConfigMap", "api-config"), checksum: made!.checksum };
}

async function credential(rotation?: number) {
  let made: Credential | undefined;
  const objects = await declaredBy(
    () => (made = new Credential("api-secret", { ...common, protect: true, ...(rotation && { rotation }) })),
  );
  return { object: find(objects, "Secret", "api-secret"), generation: made!.generation };
}

async function files(content: string, binaries?: Record<string, string>) {
  let made: ContentMap | undefined;
  const objects = await declaredBy(
    () =>
      (made = new ContentMap("scripts", { ...common, files: { "run.sh": content }, ...(binaries && { binaries }) })),
  );
  return { object: find(objects, "ConfigMap", made!.mapName), name: made!.mapName };
}

const [calm, same, busy] = [
  await config({ LEVEL: "info" }),
  await config({ LEVEL: "info" }),
  await config({ LEVEL: "debug" }),
];
const [first, second] = [await credential(), await credential(2)];
const [script, equal, edited, packed] = [
  await files("echo 1"),
  await files("echo 1"),
  await files("echo 2"),
  await files("echo 1", { "a.gz": "AA==" }),
];

test("shared settings keep their name, and their annotation changes with any value and with nothing else (P03, E05)", (t) => {
  t.deepEqual([calm.object["data"], busy.object["data"]], [{ LEVEL: "info" }, { LEVEL: "debug" }]);
  t.deepEqual(Object.keys(calm.checksum), ["config.production-platform/api-config"]);
  t.deepEqual(same.checksum, calm.checksum);
  t.notDeepEqual(busy.checksum, calm.checksum);
  t.false("immutable" in calm.object, "it is updated in place");
});

test("a password keeps its Secret's name, and its annotation is the rotation and nothing of the password (P03, X06)", (t) => {
  t.deepEqual(
    [first.generation, second.generation],
    [{ "credential.production-platform/api-secret": "1" }, { "credential.production-platform/api-secret": "2" }],
  );
  t.is(first.object["type"], "Opaque");
});

test("files that pods mount are immutable, and other content is another ConfigMap (X10)", (t) => {
  t.regex(script.name, /^scripts-[0-9a-f]{8}$/);
  t.true(script.object["immutable"]);
  t.is(equal.name, script.name);
  t.not(edited.name, script.name);
  t.not(packed.name, script.name);
  t.deepEqual(packed.object["binaryData"], { "a.gz": "AA==" });
});
