import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import test from "ava";
import { programPath, sweep } from "../../../cluster/build.ts";
import { cacheFolder } from "../../../cluster/paths.ts";
import { clusterPrograms, type Program, pulumiPrograms } from "../../../cluster/pins.ts";
import { checkout } from "../../../scripts/support/checkout.ts";

const pause: Program = {
  name: "pause",
  module: "pause",
  package: ".",
  variables: { "main.version": "3.10" },
  minutes: 1,
};

/** A checkout of its own. */
const other = mkdtempSync(join(tmpdir(), "build-test-"));
test.after.always("the other checkout is removed", () => rmSync(other, { recursive: true, force: true }));

/** The same code in the other checkout. */
async function otherProgramPath(): Promise<typeof programPath> {
  for (const file of ["build", "leftovers", "lock", "paths", "pins", "progress", "shell", "undo", "local/processes"])
    cpSync(join(checkout, `cluster/${file}.ts`), join(other, `cluster/${file}.ts`));
  cpSync(join(checkout, "components/images.ts"), join(other, "components/images.ts"));
  writeFileSync(join(other, "package.json"), '{ "type": "module" }');
  return ((await import(pathToFileURL(join(other, "cluster/build.ts")).href)) as { programPath: typeof programPath })
    .programPath;
}

/**
 * A module of the other checkout as it is in ours. The tests share it, so none waits for anything while it needs it.
 */
function freshModule(): string {
  const module = join(other, "cluster/modules/pause");
  rmSync(module, { recursive: true, force: true });
  cpSync(join(checkout, "cluster/modules/pause"), module, { recursive: true });
  return module;
}

test("a program lies in the cache under sixteen digits of a hash and its name", (t) => {
  t.regex(relative(cacheFolder, programPath(pause)), /^programs\/[0-9a-f]{16}\/pause$/);
  t.is(programPath(pause), programPath({ ...pause }));
});

test("how long a build takes does not decide where its program lies", (t) => {
  t.is(programPath({ ...pause, minutes: 99 }), programPath(pause));
});

test("whatever a build depends on decides where its program lies", (t) => {
  const { variables: _, ...plain } = pause;
  const changed: Program[] = [
    { ...pause, variables: { "main.version": "3.11" } },
    { ...pause, variables: { "main.Version": "3.10" } },
    plain,
    { ...pause, package: "./cmd" },
    { ...pause, module: "language" },
    { ...pause, embeds: { module: "example.com/schema", folder: ".", files: ["schema.json"] } },
  ];
  const paths = [pause, ...changed].map(programPath);
  t.is(new Set(paths).size, paths.length);
});

test("no two programs of the toolchain share a path", (t) => {
  const programs = [...pulumiPrograms, ...clusterPrograms];
  t.is(new Set(programs.map(programPath)).size, programs.length);
  t.is(new Set(programs.map(({ name }) => name)).size, programs.length);
});

test("another checkout with the same files finds the same programs", async (t) => {
  const path = await otherProgramPath();
  freshModule();
  t.is(path(pause), programPath(pause));
});

test("a changed, added or removed module file moves its program, and putting it back moves it back", async (t) => {
  const path = await otherProgramPath();
  const module = freshModule();
  const before = path(pause);
  appendFileSync(join(module, "go.mod"), "\nrequire example.com/pinned v1.0.0\n");
  const pinned = path(pause);
  t.not(pinned, before);
  cpSync(join(checkout, "cluster/modules/pause/go.mod"), join(module, "go.mod"));
  t.is(path(pause), before);
  mkdirSync(join(module, "internal"));
  writeFileSync(join(module, "internal/extra.go"), "package internal\n");
  const added = path(pause);
  t.not(added, before);
  rmSync(join(module, "internal"), { recursive: true });
  t.is(path(pause), before);
  rmSync(join(module, "main.go"));
  t.is(new Set([before, pinned, added, path(pause)]).size, 4);
});

test("a file that the build itself copies in does not move the program", async (t) => {
  const path = await otherProgramPath();
  const module = freshModule();
  const program: Program = { ...pause, embeds: { module: "example.com/schema", folder: ".", files: ["schema.json"] } };
  const before = path(program);
  writeFileSync(join(module, "schema.json"), "{}");
  t.is(path(program), before);
  writeFileSync(join(module, "other.json"), "{}");
  t.not(path(program), before);
});

test("a module that is not there is an error and not an empty hash", (t) => {
  t.throws(() => programPath({ ...pause, module: "no-such-module" }), { code: "ENOENT" });
});

test("sweeping removes what killed builds left, and nothing else", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sweep-test-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const [gone, living] = [2 ** 22 + 1, process.pid]; // no kernel gives the first one
  const stay = ["0123456789abcdef", `fedcba9876543210.building-${living}`, "notes.building"];
  for (const name of [
    ...stay,
    `0123456789abcdef.building-${gone}`,
    `image.tar.packing-${gone}`,
    `image.tar.packing-${gone}.tar`,
  ])
    mkdirSync(join(folder, name, "inside"), { recursive: true });
  sweep(folder);
  t.deepEqual(readdirSync(folder).sort(), [...stay].sort());
  t.true(existsSync(join(folder, "0123456789abcdef/inside")));
  t.notThrows(() => sweep(join(folder, "missing")));
});
