import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { Redis } from "../../components/data/redis/redis.ts";
import { find, podSpec } from "../support/objects.ts";
import { declaredBy } from "../support/stack-variant.ts";
import { sandbox } from "./support/sandbox.ts";

/**
 * A server of release 7.0, whose state is files: `pings` answers of PING, `bgsaves` of BGSAVE, and `states` of INFO, a
 * line for each time it is asked.
 */
const redisCli = `#!/usr/bin/env bash
while [[ $1 == -* && $1 != --rdb ]]; do case $1 in -h | -p) shift 2 ;; *) shift ;; esac; done
next() { local line; line=$(head -n 1 "$FOLDER/$1"); [[ $(wc -l <"$FOLDER/$1") -le 1 ]] || sed -i 1d "$FOLDER/$1"; printf '%s\\n' "$line"; }
case $1 in
  ping) next pings ;;
  bgsave) echo "bgsave$\{2:+ $2}" >>"$FOLDER/asked"; next bgsaves ;;
  lastsave) echo 1700000000 ;;
  info) read -r saves running status <<<"$(next states)"; echo "info" >>"$FOLDER/asked"; printf 'rdb_saves:%s\\r\\nrdb_bgsave_in_progress:%s\\r\\nrdb_last_bgsave_status:%s\\r\\n' "$saves" "$running" "$status" ;;
  dbsize) echo 3 ;;
  --rdb) echo "copy" >>"$FOLDER/asked"; printf data >"$2" ;;
esac
`.replace("$\\{", "${");

async function dump(
  t: ExecutionContext,
  {
    pings = ["PONG"],
    bgsaves = ["Background saving started"],
    states,
  }: { pings?: string[]; bgsaves?: string[]; states: string[] },
) {
  const box = sandbox(t, ["data/redis/dump.sh", "capabilities/verified-backup/copy.sh"], {
    "/bin/redis-cli": redisCli,
  });
  for (const [name, lines] of Object.entries({ pings, bgsaves, states }))
    box.write(name, lines.map((line) => `${line}\n`).join(""));
  box.write("asked", "");
  box.write("credentials/redis/password", "secret");
  const { code, lines } = await box.run("dump.sh", {
    REDIS_HOST: "redis",
    REDIS_PASSWORD_FILE: "/credentials/redis/password",
  });
  return { code, said: lines.at(-1)!, lines, asked: box.read("asked").trim().split("\n") };
}
const copied = "copied 3 keys, 4 bytes";

test("the copy waits until a save that began after it was asked for has ended well (G08)", async (t) => {
  const { code, said, asked } = await dump(t, { states: ["4 0 ok", "5 1 ok", "5 1 ok", "5 0 ok"] });
  t.is(said, copied);
  t.is(code, 0);
  t.deepEqual(asked, ["info", "bgsave schedule", "info", "info", "info", "copy"]);
});

test("a save that waits for the log's rewrite is waited for, although no save is running and the last one was well (G08)", async (t) => {
  const { said, asked } = await dump(t, {
    bgsaves: ["Background saving scheduled"],
    states: ["4 0 ok", "4 0 ok", "4 0 ok", "5 1 ok", "5 0 ok"],
  });
  t.is(said, copied);
  t.deepEqual(asked, ["info", "bgsave schedule", "info", "info", "info", "info", "copy"]);
});

test("a save that was running before is waited for, and another one is asked for then (G08)", async (t) => {
  const { said, asked } = await dump(t, {
    bgsaves: ["ERR Background save already in progress", "Background saving started"],
    states: ["4 1 ok", "4 0 ok", "5 0 ok"],
  });
  t.is(said, copied);
  t.deepEqual(asked, ["info", "bgsave schedule", "info", "bgsave schedule", "info", "copy"]);
});

test("a save that ends badly leaves no copy (G08)", async (t) => {
  const { code, said, asked } = await dump(t, { states: ["4 0 ok", "5 1 ok", "5 0 err"] });
  t.is(said, "FAILED: redis cannot write its snapshot: see its log");
  t.is(code, 1);
  t.false(asked.includes("copy"));
});

test("a save that never ends is given up after 600 s, and so is one that never begins (G08)", async (t) => {
  for (const states of [["4 0 ok", "5 1 ok"], ["4 0 ok"]]) {
    const { code, said, asked } = await dump(t, { states });
    t.is(said, "FAILED: the server's own snapshot takes longer than 600 s");
    t.is(code, 1);
    t.is(asked.filter((each) => each === "info").length, 301);
  }
});

test("a server that refuses to save is quoted (G08)", async (t) => {
  const { code, said } = await dump(t, { bgsaves: ["MISCONF Errors writing to disk"], states: ["4 0 ok"] });
  t.is(said, "FAILED: redis refuses to save: MISCONF Errors writing to disk");
  t.is(code, 1);
});

test("a server that does not answer yet is waited for, and given up after 60 s", async (t) => {
  const late = await dump(t, {
    pings: [
      "Could not connect to Redis at redis:6379: Connection refused",
      "LOADING Redis is loading the dataset in memory",
      "PONG",
    ],
    states: ["4 0 ok", "5 0 ok"],
  });
  t.is(late.said, copied);
  const never = await dump(t, {
    pings: ["Could not connect to Redis at redis:6379: Connection refused"],
    states: ["4 0 ok"],
  });
  t.is(
    never.said,
    "FAILED: redis does not answer PONG after 60 s: Could not connect to Redis at redis:6379: Connection refused",
  );
  t.is(never.code, 1);
  t.deepEqual(never.asked, [""]);
});

const declared = await declaredBy(
  () => new Redis("redis", { role: "cache", namespace: "shop", serviceName: "redis", labels: { app: "redis" } }),
);
const { livenessProbe, readinessProbe } = podSpec(find(declared, "Deployment", "redis"))
  .containers[0]! as unknown as Record<"livenessProbe" | "readinessProbe", { exec: { command: string[] } }>;

/** Whether a probe's command passes when redis-cli says this. */
function passes(probe: typeof livenessProbe, output: string, stream: 1 | 2): boolean {
  const folder = mkdtempSync(join(tmpdir(), "probe-"));
  try {
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "bin/redis-cli"), `#!/bin/sh\necho '${output}' >&${stream}\n`, { mode: 0o755 });
    const [program, ...args] = probe.exec.command;
    execFileSync(program!, args, { env: { PATH: `${folder}/bin:/usr/bin:/bin` }, stdio: "ignore" });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a server with all its connections taken is alive and not ready: a restart would empty it, and nobody new can use it (B06)", (t) => {
  t.deepEqual(livenessProbe.exec.command, [
    "sh",
    "-c",
    "timeout 4 redis-cli ping 2>&1 | grep -qE '^(PONG|LOADING|BUSY|MASTERDOWN)|ERR max number of clients reached$'",
  ]);
  t.deepEqual(readinessProbe.exec.command, ["sh", "-c", "timeout 4 redis-cli ping 2>&1 | grep -qE '^PONG'"]);
  for (const [output, stream] of [
    ["ERR max number of clients reached", 1],
    ["AUTH failed: ERR max number of clients reached", 2],
  ] as const) {
    t.true(passes(livenessProbe, output, stream), output);
    t.false(passes(readinessProbe, output, stream), output);
  }
});

test("a server that loads or is busy is alive; one that refuses connections or the password is not", (t) => {
  for (const output of [
    "PONG",
    "LOADING Redis is loading the dataset in memory",
    "BUSY Redis is busy running a script.",
  ])
    t.true(passes(livenessProbe, output, 1), output);
  for (const [output, stream] of [
    ["Could not connect to Redis at 127.0.0.1:6379: Connection refused", 2],
    ["NOAUTH Authentication required.", 1],
    ["AUTH failed: WRONGPASS invalid username-password pair or user is disabled.", 2],
  ] as const) {
    t.false(passes(livenessProbe, output, stream), output);
  }
});
