import test from "ava";
import { inMemoryMessages } from "../../../patches/in-memory-messages.ts";
import { olderCliScripts } from "../../../patches/older-cli.ts";
import { withoutPackageManager } from "../../../patches/without-package-manager.ts";
import { versions } from "../../../cluster/pins.ts";

/** What some code says on standard error. */
function saidBy(code: () => void): string[] {
  const { error } = console;
  const lines: string[] = [];
  console.error = (line: string) => lines.push(line);
  try {
    code();
  } finally {
    console.error = error;
  }
  return lines;
}

const end = "; patches/README.md says what it does";

test("a patch of functions that an SDK does not have says so once, changes nothing and puts nothing back", (t) => {
  const Struct = { fromJavaScript: (value: unknown) => value };
  const debuggable = { debuggablePromise: undefined };
  const load = (module: string) => (module.endsWith("debuggable.js") ? debuggable : { Struct });
  const before = [Struct.fromJavaScript, debuggable.debuggablePromise];
  t.deepEqual(
    saidBy(() => {
      for (let run = 0; run < 2; run++) inMemoryMessages(load)();
    }),
    [
      `warn  patches/in-memory-messages.ts steps aside: Pulumi's SDK has no Struct.fromJavaScript() or no debuggablePromise()${end}`,
    ],
  );
  t.deepEqual([Struct.fromJavaScript, debuggable.debuggablePromise], before);
});

test("a patch of a file that an SDK does not have says which one is missing, and ends nothing", (t) => {
  const load = (module: string) => {
    throw new Error(`Cannot find module '${module}'\nRequire stack:`);
  };
  t.deepEqual(
    saidBy(() => inMemoryMessages(load)()),
    [
      `warn  patches/in-memory-messages.ts steps aside: Cannot find module 'google-protobuf/google/protobuf/struct_pb.js'${end}`,
    ],
  );
});

test("npm's package manager is left out of an SDK that depends on it, and of no other", (t) => {
  const hooks: unknown[] = [];
  const registerHooks = ((hook: unknown) => hooks.push(hook)) as never;
  t.deepEqual(
    saidBy(() => withoutPackageManager({ dependencies: { "@npmcli/arborist": "^9.0.0" } }, { registerHooks })),
    [],
  );
  t.is(hooks.length, 1);
  t.deepEqual(
    saidBy(() => withoutPackageManager({ dependencies: { semver: "^7.0.0" } }, { registerHooks })),
    [`warn  patches/without-package-manager.ts steps aside: Pulumi's SDK does not depend on @npmcli/arborist${end}`],
  );
  t.is(hooks.length, 1);
});

test("scripts stand before the programs of the CLI that is built, and before none of another version", (t) => {
  t.deepEqual(Object.keys(olderCliScripts(versions.pulumi)), ["pulumi-language-nodejs", "pulumi-analyzer-policy"]);
  let scripts: object | undefined;
  t.deepEqual(
    saidBy(() => {
      scripts = olderCliScripts("3.999.0");
    }),
    [`warn  patches/older-cli.ts steps aside: it is for Pulumi 3.215.0, and 3.999.0 is built${end}`],
  );
  t.deepEqual(scripts, {});
});

test("each patch of what is installed is in force", (t) => {
  t.deepEqual(
    saidBy(() => {
      inMemoryMessages()();
      withoutPackageManager(undefined, {});
      olderCliScripts(versions.pulumi);
    }),
    [],
  );
});
