import { mkdirSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import test, { type ExecutionContext } from "ava";
import { sandbox } from "./support/sandbox.ts";

const shared = "capabilities/verified-backup";
const postgres = ["connection", "load", "restore", "swap"].map((name) => `data/postgres/${name}.sh`);
const dump = ["CREATE TABLE stg.quick ();", "--", "-- PostgreSQL database dump complete", "--", ""].join("\n");

/** A server whose session answers are files, and that logs what is asked of it. */
const psql = `#!/bin/bash
text=$(cat)
echo "psql $* :: \${text//$'\\n'/ }" >>"$FOLDER/log"
case "$* $text" in
  *row-counts*) cat "$FOLDER/counted" ;;
  *"SELECT oid"*) echo 16411 ;;
  *pg_stat_activity*) head -n 1 "$FOLDER/sessions"; sed -i 1d "$FOLDER/sessions" ;;
  *) [[ ! -e $FOLDER/broken ]] || { cat "$FOLDER/broken" >&2; exit 3; } ;;
esac
`;
const logging = (name: string) => `#!/bin/bash\necho "${name} $*" >>"$FOLDER/log"\n`;

/** A pod of the restore beside a folder with one verified copy. */
function pod(t: ExecutionContext, { counted = "stg.quick|3\n", sessions = [] as readonly string[] } = {}) {
  const box = sandbox(t, [`${shared}/copy.sh`, ...postgres], {
    "/bin/psql": psql,
    "/bin/pg_isready": "#!/bin/sh\n",
    "/bin/createdb": logging("createdb"),
    "/bin/dropdb": logging("dropdb"),
  });
  const copy = join(box.folder, "backups/verified/bgc-20260101T020000Z-x1");
  mkdirSync(copy, { recursive: true });
  writeFileSync(join(copy, "dump.sql.gz"), gzipSync(dump));
  writeFileSync(join(copy, "row-counts"), "stg.quick|3\n");
  execFileSync("bash", ["-c", "sha256sum -- * >SHA256SUMS"], { cwd: copy });
  box.write("scripts/row-counts.sql", "");
  box.write("counted", counted);
  box.write("sessions", sessions.map((line) => `${line}\n`).join(""));
  box.write("log", "");
  box.write("credentials/password", "secret");
  // The pod's status is a file of the container's own.
  box.write("scripts/copy.sh", box.read("scripts/copy.sh").replace("/dev/termination-log", `${box.folder}/note`));
  const env = {
    PGHOST: "pg",
    PGDATABASE: "postgres",
    PGUSER: "postgres",
    PGPASSWORD_FILE: "/credentials/password",
    COPY: "newest",
    NEW: "bgc_restored_1",
    OWNER: "bgc",
    LEFT: "",
    DATABASE: "bgc",
    KEPT: "bgc_before_1",
  };
  return {
    ...box,
    copy,
    run: (script: string, more: Readonly<Record<string, string>> = {}) => box.run(script, { ...env, ...more }),
    log: () => box.read("log").replaceAll(box.folder, "").trim().split("\n"),
  };
}

test("a copy is restored into a new database of its owner in one transaction, and what it proves is left for the pod's status (B12)", async (t) => {
  const { run, log, read } = pod(t);
  const { code, lines } = await run("restore.sh", { LEFT: "bgc_restored_0" });
  t.deepEqual(lines, [
    "restoring bgc-20260101T020000Z-x1 into bgc_restored_1",
    "restored bgc-20260101T020000Z-x1 into bgc_restored_1: 1 tables with the row counts of the copy",
  ]);
  t.is(code, 0);
  t.deepEqual(log().slice(0, 2), [
    "dropdb --no-password bgc_restored_0",
    "createdb --no-password --template=template0 --owner=bgc bgc_restored_1",
  ]);
  t.regex(
    log()[2]!,
    /^psql --no-psqlrc --quiet --output=\/dev\/null --set ON_ERROR_STOP=1 --single-transaction --dbname=bgc_restored_1 :: CREATE TABLE/,
  );
  t.regex(
    log().at(-1)!,
    /--dbname=bgc_restored_1 --set new=bgc_restored_1 :: REVOKE ALL ON DATABASE :"new" FROM PUBLIC; GRANT CONNECT ON DATABASE :"new" TO backup; ANALYZE;/,
  );
  const { at, ...note } = JSON.parse(read("note")) as { readonly at: string };
  t.is(new Date(at).toISOString().replace(".000", ""), at);
  t.deepEqual(note, {
    restoredCopy: "bgc-20260101T020000Z-x1",
    oid: 16411,
    proof: "1 tables with the row counts of the copy",
  });
  t.false(log().join().includes("secret"));
});

test("a restored table with other rows than the copy says fails the restore, and no note is left (B12)", async (t) => {
  const { run, read } = pod(t, { counted: "stg.quick|2\n" });
  const { code, lines } = await run("restore.sh");
  t.is(code, 1);
  t.is(
    lines.at(-1),
    "FAILED: bgc-20260101T020000Z-x1: the restored tables (>) differ from the database at the time of the dump (<)",
  );
  t.throws(() => read("note"), { code: "ENOENT" });
});

test("a copy that was changed at rest, or is not there, is refused before a database is made (B12)", async (t) => {
  const { run, log, copy } = pod(t);
  const unknown = await run("restore.sh", { COPY: "bgc-1" });
  t.deepEqual(
    [unknown.code, unknown.lines.at(-1)],
    [1, "FAILED: there is no verified copy bgc-1, only: bgc-20260101T020000Z-x1"],
  );
  writeFileSync(join(copy, "row-counts"), "stg.quick|4\n");
  const changed = await run("restore.sh");
  t.deepEqual(
    [changed.code, changed.lines.at(-1)],
    [1, "FAILED: bgc-20260101T020000Z-x1: a file is not what was written"],
  );
  t.deepEqual(log(), [""]);
});

test("names are swapped in one transaction once nobody is connected (B12)", async (t) => {
  const { run, log } = pod(t, { sessions: ["bgc (api) from 10.0.0.3"] });
  const { code, lines } = await run("swap.sh");
  t.deepEqual(lines, [
    "waiting until nobody is connected (0 s of at most 60 s): bgc (api) from 10.0.0.3",
    "bgc is what bgc_restored_1 was, and what it was is kept as bgc_before_1",
  ]);
  t.is(code, 0);
  t.is(log().length, 3);
  t.regex(
    log().at(-1)!,
    /--set database=bgc --set new=bgc_restored_1 --set kept=bgc_before_1 :: BEGIN; ALTER DATABASE :"database" RENAME TO :"kept"; ALTER DATABASE :"new" RENAME TO :"database"; COMMIT;$/,
  );
});

test("while somebody stays connected nothing is renamed, and they are named (B12)", async (t) => {
  const { run, log } = pod(t, { sessions: Array.from({ length: 30 }, () => "ana (psql) from 10.0.9.9") });
  const { code, lines } = await run("swap.sh");
  t.is(code, 1);
  t.is(lines.at(-1), "FAILED: bgc is as before, because somebody is connected: ana (psql) from 10.0.9.9");
  t.false(log().some((line) => line.includes("RENAME")));
});

test("a server that refuses the swap is quoted, and the database is said to be as before (B12)", async (t) => {
  const { run, write } = pod(t);
  write("broken", 'ERROR:  database "bgc" is being accessed by other users\n');
  const { code, lines } = await run("swap.sh");
  t.is(code, 1);
  t.deepEqual(lines, [
    'ERROR:  database "bgc" is being accessed by other users',
    "FAILED: bgc is as before: the reason stands above",
  ]);
});

/** A pod of a drill whose verify.sh is this. */
function drilling(t: ExecutionContext, verify: string) {
  const box = sandbox(t, [`${shared}/copy.sh`, `${shared}/drill.sh`], {});
  const place = (text: string) => text.replaceAll(/\/(scripts|scratch)\b/g, `${box.folder}/$1`);
  box.write("scripts/verify.sh", `. "\${0%/*}/copy.sh"\ntake_over\n${place(verify)}\n`);
  box.write("scripts/copy.sh", box.read("scripts/copy.sh").replace("/dev/termination-log", `${box.folder}/note`));
  const copies = ["redis-20260101T020000Z-x1", "redis-20260102T020000Z-a9"];
  for (const name of copies) {
    box.write(`backups/verified/${name}/keys`, "3 3\n");
    execFileSync("bash", ["-c", "sha256sum -- * >SHA256SUMS"], { cwd: join(box.folder, "backups/verified", name) });
  }
  return { ...box, copies };
}

test("a drill restores the newest copy as often as asked, each time on an empty scratch volume, and leaves the copies as they are (B12, X07)", async (t) => {
  const { run, read, folder, copies } = drilling(
    t,
    '[[ ! -e /scratch/data ]] || fail "not empty"; mkdir /scratch/data; [[ -d /scratch/lost+found ]]; echo "$copy" >>"$FOLDER/seen"; keep_copy "3 keys restored"',
  );
  mkdirSync(join(folder, "scratch/lost+found"));
  const { code, lines } = await run("drill.sh", { COPY: "newest", TIMES: "2" });
  t.is(code, 0, lines.join("\n"));
  t.deepEqual(
    lines.map((line) => line.replace(/took \d+ ms/, "took a time")),
    [1, 2].flatMap((index) => [
      "restored redis-20260102T020000Z-a9: 3 keys restored",
      `restore ${index} of 2 took a time`,
    ]),
  );
  const note = JSON.parse(read("note")) as { drilledCopy: string; milliseconds: number[]; proof: string };
  t.like(note, { drilledCopy: "redis-20260102T020000Z-a9", proof: "3 keys restored" });
  t.is(note.milliseconds.length, 2);
  t.true(note.milliseconds.every((each) => Number.isInteger(each) && each >= 0));
  t.deepEqual(
    execFileSync("ls", [join(folder, "backups/verified")], { encoding: "utf8" })
      .trim()
      .split("\n"),
    copies,
  );
});

test("a drill whose restore fails leaves no note, and the reason stands in its log (B12)", async (t) => {
  const { run, read } = drilling(t, 'fail "$name: the dump does not restore"');
  const { code, lines } = await run("drill.sh", { COPY: "redis-20260101T020000Z-x1", TIMES: "3" });
  t.deepEqual([code, lines], [1, ["FAILED: redis-20260101T020000Z-x1: the dump does not restore"]]);
  t.throws(() => read("note"), { code: "ENOENT" });
});

test("a drill without any copy says so (B12)", async (t) => {
  const { run, folder } = drilling(t, "exit 0");
  execFileSync("rm", ["-r", join(folder, "backups/verified")]);
  const { code, lines } = await run("drill.sh", { COPY: "newest", TIMES: "1" });
  t.is(code, 1);
  t.is(lines.at(-1), "FAILED: there is no verified copy");
});
