import { execFile, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";

/**
 * A Go that writes down what it is asked for. It ends a build only after another line was written, and fails for a
 * program, where it is told so.
 */
const go = `#!/bin/sh
case "$1" in
  env) echo go1.26.0 ;;
  list) for last; do :; done; echo "fetch $last" >>"$LOG" ;;
  build)
    while [ "$1" != "-o" ]; do shift; done
    name=$(basename "$2")
    echo "begin $name" >>"$LOG"
    eval "awaited=\\$AWAITED_$name"
    tries=0
    while [ -n "$awaited" ] && ! grep -qx "$awaited" "$LOG"; do
      tries=$((tries + 1)); [ $tries -gt 300 ] && { echo "$name waited in vain for $awaited" >&2; exit 1; }
      sleep 0.1
    done
    [ "$name" = "$FAILING" ] && { echo "$name does not compile" >&2; exit 1; }
    mkdir -p "$(dirname "$2")" && echo "$name" >"$2"
    echo "end $name" >>"$LOG" ;;
esac
`;

/** Runs code that has `buildPrograms` and the pins, with that Go and an empty cache. */
async function building(
  t: ExecutionContext,
  code: string,
  { failing = "", awaited = {} }: { failing?: string; awaited?: Record<string, string> } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), "build-test-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "go"), go);
  chmodSync(join(folder, "go"), 0o755);
  const dead = spawnSync("true").pid;
  for (const pid of [dead, process.pid])
    mkdirSync(join(folder, `cache/programs/0123456789abcdef.building-${pid}`), { recursive: true });
  const url = (file: string) => JSON.stringify(new URL(`../../cluster/${file}.ts`, import.meta.url).href);
  const program = `import { buildPrograms, programPath } from ${url("build")}; import { clusterPrograms, pulumiPrograms } from ${url("pins")};
    const named = (...names) => names.map((name) => [...clusterPrograms, ...pulumiPrograms].find((program) => program.name === name)); const print = (line) => console.log(line);\n${code}`;
  const env = {
    ...process.env,
    PATH: `${folder}:${process.env["PATH"]}`,
    PLATFORM_CACHE: join(folder, "cache"),
    LOG: join(folder, "log"),
    FAILING: failing,
    ...Object.fromEntries(Object.entries(awaited).map(([name, line]) => [`AWAITED_${name}`, line])),
  };
  const {
    code: exit,
    stdout,
    stderr,
  } = await new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, ["--input-type=module", "--eval", program], { env }, (_, out, err) =>
      resolve({ code: child.exitCode, stdout: out, stderr: err }),
    );
  });
  const programs = readdirSync(join(folder, "cache/programs"), { recursive: true, encoding: "utf8" });
  const left = programs.filter((name) => !name.includes("/") && name.includes("."));
  return {
    exit,
    stdout,
    stderr,
    asked: existsSync(join(folder, "log")) ? readFileSync(join(folder, "log"), "utf8").trim().split("\n") : [],
    built: programs
      .filter((name) => name.includes("/"))
      .map((name) => name.split("/")[1])
      .sort(),
    left: left.map((name) => name.replace(String(dead), "DEAD")),
  };
}

test("two calls build beside each other, each in its order, and what both want once", async (t) => {
  const { exit, stderr, asked, built } = await building(
    t,
    'await Promise.all([buildPrograms(named("pause", "coredns"), print), buildPrograms(named("pulumi", "coredns"), print)]);',
    { awaited: { pause: "begin pulumi", pulumi: "begin pause" } },
  );
  t.is(exit, 0, stderr);
  t.deepEqual(built, ["coredns", "pause", "pulumi"]);
  t.deepEqual(asked.filter((line) => line.startsWith("begin")).sort(), [
    "begin coredns",
    "begin pause",
    "begin pulumi",
  ]);
  t.true(
    asked.indexOf("begin coredns") > Math.min(asked.indexOf("end pause"), asked.indexOf("end pulumi")),
    asked.join(", "),
  );
});

test("modules of later programs are fetched while the first one is compiled", async (t) => {
  const { exit, stderr, asked } = await building(
    t,
    'await buildPrograms(named("pause", "coredns", "kwokctl"), print);',
    { awaited: { pause: "fetch sigs.k8s.io/kwok/cmd/kwokctl" } },
  );
  t.is(exit, 0, stderr);
  t.deepEqual(
    asked.filter((line) => line.startsWith("fetch")),
    ["fetch .", "fetch ./coredns", "fetch sigs.k8s.io/kwok/cmd/kwokctl"],
  );
});

test("what is built is not built again, and asks for no Go", async (t) => {
  const { exit, asked, stdout } = await building(
    t,
    'await buildPrograms(named("pause"), print); await buildPrograms(named("pause"), () => { throw new Error("said something"); });',
  );
  t.is(exit, 0);
  t.deepEqual(asked, ["fetch .", "begin pause", "end pause"]);
  t.regex(stdout, /^pause built in \ds, kept in .*cache$/m);
});

test("a build that fails says which and why, leaves nothing, and another call's programs are whole", async (t) => {
  const { exit, stderr, built } = await building(
    t,
    'const other = buildPrograms(named("pulumi"), print); await buildPrograms(named("pause", "coredns"), print).catch((error) => console.error(error.message)); await other;',
    { failing: "pause" },
  );
  t.is(exit, 0);
  t.regex(stderr, /^go build -p \d+ -trimpath failed \(exit 1\): pause does not compile$/m);
  t.deepEqual(built, ["pulumi"]);
});

test("work folders of processes that are gone go, and those of living ones stay", async (t) => {
  const { left } = await building(t, 'await buildPrograms(named("pause"), print);');
  t.deepEqual(left, [`0123456789abcdef.building-${process.pid}`]);
});
