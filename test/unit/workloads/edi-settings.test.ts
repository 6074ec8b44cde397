import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { EnvironmentError, readEnvironment } from "../../../workloads/server/environment.ts";
import { parseIni, readIni, settingsOf } from "../../../workloads/server/edi/settings.ts";
import { programs } from "../../../workloads/server/systems/bots-edi.ts";

/** A file that is always there and never empty. */
const passwordFile = new URL(import.meta.url).pathname;
const database = {
  MYSQL_HOST: "mysql",
  MYSQL_DATABASE: "botsedi_data",
  MYSQL_USER: "botsedi",
  MYSQL_PASSWORD_FILE: passwordFile,
};
const engine = { ROLE: "bots-engine", ...database };

function iniFile(t: ExecutionContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "ini-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "bots.ini"), text);
  return join(folder, "bots.ini");
}

const settingsFor = (source: NodeJS.ProcessEnv) =>
  settingsOf(readEnvironment(source, programs).values as unknown as Parameters<typeof settingsOf>[0]);
const problemsOf = (t: ExecutionContext, source: NodeJS.ProcessEnv) =>
  t.throws(() => readEnvironment(source, programs), { instanceOf: EnvironmentError })?.problems;

test("every program of Bots EDI is of one release, and the two servers tell their health at the same path", (t) => {
  t.deepEqual(
    programs.map((program) => [program.name, program.version, "healthPath" in program ? program.healthPath : "task"]),
    [
      ["bots-webserver", "v1.2.0", "/health/ready"],
      ["bots-jobqueue", "v1.2.0", "/health/ready"],
      ["bots-engine", "v1.2.0", "task"],
      ["bots-migrate", "v1.2.0", "task"],
      ["bots-showmigrations", "v1.2.0", "task"],
      ["bots-dumpdata", "v1.2.0", "task"],
      ["bots-loaddata", "v1.2.0", "task"],
    ],
  );
});

test("the defaults of Bots EDI are the documented ones", (t) => {
  t.like(readEnvironment(engine, programs).values, {
    MYSQL_PORT: 3306,
    MYSQL_POOL_MAX: 10,
    MYSQL_CONNECT_TIMEOUT_MS: 3000,
    MYSQL_STATEMENT_TIMEOUT_MS: 5000,
    MYSQL_WAIT_TIMEOUT_SECONDS: 45,
    BOTS_HOME: "/home/bots/.bots",
    ENGINE_LOCK_WAIT_SECONDS: 0,
    INFILE_SETTLE_SECONDS: 2,
  });
  t.deepEqual(settingsFor(engine), { maxAttempts: 3, engineMaxSeconds: 240, pageLimit: 50 });
  t.like(readEnvironment({ ...engine, ROLE: "bots-jobqueue" }, programs).values, { POLL_INTERVAL_MS: 1000 });
  t.like(readEnvironment({ ...engine, ROLE: "bots-migrate" }, programs).values, {
    WAIT_SECONDS: 300,
    MYSQL_STATEMENT_TIMEOUT_MS: 600_000,
    MYSQL_WAIT_TIMEOUT_SECONDS: 45,
  });
  t.like(
    readEnvironment({ ...engine, ROLE: "bots-dumpdata", OUTPUT_FILE: "/staging/dumpdata.json" }, programs).values,
    { EXCLUDE: ["auth.permission", "contenttypes"] },
  );
});

test("the ini file sets what the environment does not", (t) => {
  const file = iniFile(
    t,
    "; Bots\n[settings]\nMaxAttempts = 5\nenginemaxseconds: 90\nlog_file_level = DEBUG\n\n[webserver]\npagelimit = 7\n",
  );
  t.deepEqual(settingsFor({ ...engine, BOTS_CONFIG_FILE: file }), {
    maxAttempts: 5,
    engineMaxSeconds: 90,
    pageLimit: 50,
  });
  t.deepEqual(settingsFor({ ...engine, BOTS_CONFIG_FILE: file, MAX_ATTEMPTS: "1", PAGE_LIMIT: "20" }), {
    maxAttempts: 1,
    engineMaxSeconds: 90,
    pageLimit: 20,
  });
});

test("a wrong ini file is refused at start with all that is wrong in it", (t) => {
  const file = iniFile(t, "[settings]\nmaxattempts = many\npagelimit = 0\n");
  t.deepEqual(problemsOf(t, { ...engine, BOTS_CONFIG_FILE: file }), [
    `BOTS_CONFIG_FILE=${JSON.stringify(file)}: expected a valid ini file: [settings] maxattempts is "many" and not a whole number from 1 to 100, [settings] pagelimit is "0" and not a whole number from 1 to 500`,
  ]);
  t.regex(
    problemsOf(t, { ...engine, BOTS_CONFIG_FILE: "/nowhere/bots.ini" })![0]!,
    /^BOTS_CONFIG_FILE="\/nowhere\/bots\.ini": expected a valid ini file: ENOENT/,
  );
});

test("a wrong variable is refused like one of the server", (t) => {
  t.deepEqual(problemsOf(t, { ...engine, MAX_ATTEMPTS: "0", ENGINE_LOCK_WAIT_SECONDS: "-1" }), [
    'MAX_ATTEMPTS="0": expected a whole number from 1 to 100',
    'ENGINE_LOCK_WAIT_SECONDS="-1": expected a whole number from 0 to 86400',
  ]);
  t.deepEqual(problemsOf(t, { ...engine, ROLE: "bots-dumpdata", EXCLUDE: "auth permission" }), [
    'EXCLUDE="auth permission": expected names of apps or models with commas between them',
    "OUTPUT_FILE is not set: expected the path of a file to write",
  ]);
});

test("an ini text is read by its sections, without comments", (t) => {
  t.deepEqual(
    parseIni("# a\r\n[a]\r\nx = 1 = 2\ny:\n[b]\nx=3\n[a]\nz=4"),
    new Map([
      [
        "a",
        new Map([
          ["x", "1 = 2"],
          ["y", ""],
          ["z", "4"],
        ]),
      ],
      ["b", new Map([["x", "3"]])],
    ]),
  );
  t.deepEqual(readIni(""), {});
});

test("a line that is no ini names its number", (t) => {
  t.throws(() => parseIni("[a]\nnonsense"), { message: 'line 2 is neither a [section] nor "key = value"' });
  t.throws(() => parseIni("[a\nx=1"), { message: 'line 1 is neither a [section] nor "key = value"' });
  t.throws(() => parseIni("\nx=1"), { message: "line 2 stands before the first [section]" });
  t.throws(() => parseIni("[a]\nx=1\nX=2"), { message: 'line 3 sets "X" again' });
});
