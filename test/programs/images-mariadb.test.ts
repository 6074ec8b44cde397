import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { checkout } from "../../scripts/support/checkout.ts";

const entrypoint = readFileSync(join(checkout, "cluster/images/mariadb-entrypoint.sh"), "utf8");

/**
 * MariaDB's programs: each logs its arguments; the client logs its statements and password, too, and the server runs
 * until it is ended. Sleeping is cut short.
 */
const programs = {
  id: "echo 999",
  sleep: "exec /bin/sleep 0.01",
  "mariadb-install-db": 'log; mkdir "$HOME/data/mysql"',
  "mariadb-tzinfo-to-sql": "log; echo 'time zones'",
  "mariadb-admin": '[ -e "$HOME/ready" ]',
  mariadb: 'log "password=$MYSQL_PWD"; cat >>"$HOME/statements"',
  mariadbd: `case " $* " in
    *" --refused "*) echo "[ERROR] unknown option '--refused'" >&2; exit 1 ;;
    *" --verbose --help "*) echo "  datadir of a description"; echo "datadir   $HOME/data/"; echo "socket   $HOME/run/socket" ;;
    *" --skip-networking "*) log; trap 'rm "$HOME/ready"; exit 0' TERM; touch "$HOME/ready"; while :; do sleep; done ;;
    *) log "environment=$(env | grep -E '^(MARIADB|MYSQL)_' | sort | tr '\\n' ' ')" ;;
  esac`,
};

/** A machine of its own: the entrypoint with its folders moved below a temporary one. */
function machine(t: ExecutionContext) {
  const home = mkdtempSync(join(tmpdir(), "mariadb-test-"));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const write = (name: string, content: string, mode = 0o644) => {
    mkdirSync(join(home, name, ".."), { recursive: true });
    writeFileSync(join(home, name), content);
    chmodSync(join(home, name), mode);
  };
  for (const [name, body] of Object.entries(programs))
    write(
      `bin/${name}`,
      `#!/bin/bash\nlog() { echo "${name} $*" "\${args[@]}" >>"$HOME/log"; }; args=("$@")\n${body}\n`,
      0o755,
    );
  write("entrypoint", entrypoint.replaceAll("/docker-entrypoint-initdb.d/", `${home}/init/`), 0o755);
  const read = (name: string) =>
    existsSync(join(home, name)) ? readFileSync(join(home, name), "utf8").trim().split("\n") : [];
  const start = (environment: Record<string, string>, ...args: string[]) =>
    new Promise<{ code: number; output: string }>((resolve) => {
      const child = execFile(
        join(home, "entrypoint"),
        args,
        { env: { HOME: home, PATH: `${home}/bin:/usr/bin:/bin`, ...environment } },
        (error, stdout, stderr) =>
          resolve({ code: error ? (child.exitCode ?? -1) : 0, output: `${stdout}${stderr}`.trim() }),
      );
    });
  return {
    home,
    write,
    start,
    log: () => read("log"),
    statements: () => read("statements"),
    exists: (name: string) => existsSync(join(home, name)),
  };
}

test("a first start without a word about root's password fails and touches nothing", async (t) => {
  const { start, log, exists } = machine(t);
  const { code, output } = await start({ MARIADB_DATABASE: "shop" }, "mariadbd");
  t.is(code, 1);
  t.is(
    output,
    "error: root has no password: set MARIADB_ROOT_PASSWORD, MARIADB_ROOT_PASSWORD_FILE, MARIADB_RANDOM_ROOT_PASSWORD or MARIADB_ALLOW_EMPTY_ROOT_PASSWORD",
  );
  t.deepEqual(log(), []);
  t.false(exists("data/.initializing"));
});

test("a first start makes the database behind the socket, then serves without a password in arguments or environment", async (t) => {
  const { home, write, start, log, statements, exists } = machine(t);
  write("secrets/root", "it's\n");
  const { code } = await start(
    {
      MARIADB_ROOT_PASSWORD_FILE: join(home, "secrets/root"),
      MARIADB_DATABASE: "edi_data",
      MYSQL_USER: "edi",
      MYSQL_PASSWORD: "back\\slash",
    },
    "mariadbd",
    "--max-connections=7",
  );
  t.is(code, 0);
  const client = `--protocol=socket --socket=${home}/run/socket --user=root --database=edi_data --database=mysql`;
  const [install, first, ...rest] = log();
  t.is(
    install,
    `mariadb-install-db  --datadir=${home}/data --auth-root-authentication-method=normal --skip-test-db --max-connections=7 --skip-log-bin --default-time-zone=SYSTEM`,
  );
  t.is(first, "mariadbd  --max-connections=7 --skip-networking --skip-log-bin --default-time-zone=SYSTEM");
  t.deepEqual(
    rest.slice(0, 2).sort(),
    [`mariadb password= ${client}`, "mariadb-tzinfo-to-sql  --skip-write-binlog /usr/share/zoneinfo"],
    "both ends of a pipe",
  );
  t.deepEqual(rest.slice(2), [
    `mariadb password= ${client} --binary-mode`,
    "mariadbd environment=MARIADB_DATABASE=edi_data MARIADB_ROOT_HOST=% MARIADB_USER=edi MYSQL_DATABASE=edi_data MYSQL_ROOT_HOST=% MYSQL_USER=edi  --max-connections=7",
  ]);
  t.deepEqual(statements(), [
    "time zones",
    "SET SESSION sql_mode = REPLACE(@@sql_mode, 'NO_BACKSLASH_ESCAPES', '');",
    "DROP USER IF EXISTS root@'127.0.0.1', root@'::1'; EXECUTE IMMEDIATE CONCAT('DROP USER IF EXISTS root@', QUOTE(@@hostname));",
    "CREATE USER root@'%' IDENTIFIED BY 'it\\'s'; GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;",
    "CREATE DATABASE IF NOT EXISTS `edi_data`;",
    "CREATE USER 'edi'@'%' IDENTIFIED BY 'back\\\\slash';",
    "GRANT ALL ON `edi\\_data`.* TO 'edi'@'%';",
    "SET PASSWORD FOR root@localhost = PASSWORD('it\\'s');",
  ]);
  t.false(exists("data/.initializing"));
});

test("scripts run in order, each by its kind, with root's password and the database", async (t) => {
  const { home, write, start, log, statements } = machine(t);
  write("init/1.sql", "first\n");
  write("init/2.sh", "echo second | docker_process_sql\n");
  write("init/3.sh", '#!/bin/sh\necho "third in $MARIADB_DATABASE" >>"$HOME/statements"\n', 0o755);
  write("init/4.txt", "never\n");
  const { code, output } = await start(
    { MARIADB_ROOT_PASSWORD: "secret", MYSQL_DATABASE: "shop", MARIADB_INITDB_SKIP_TZINFO: "1" },
    "mariadbd",
  );
  t.is(code, 0);
  t.deepEqual(statements().slice(-3), ["first", "second", "third in shop"]);
  t.deepEqual(
    output.split("\n").slice(-3),
    ["1.sql", "2.sh", "3.sh"].map((name) => `ran ${home}/init/${name}`),
  );
  t.is(
    log().filter(
      (line) =>
        line === `mariadb password=secret --protocol=socket --socket=${home}/run/socket --user=root --database=shop`,
    ).length,
    2,
  );
});

test("an initialization that was cut short starts again, and leaves the file system's own folder", async (t) => {
  const { write, start, log, exists } = machine(t);
  for (const name of [".initializing", "mysql/half.frm", "ibdata1", "lost+found/piece"]) write(`data/${name}`, "");
  t.is((await start({ MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: "yes", MARIADB_ROOT_HOST: "localhost" }, "mariadbd")).code, 0);
  t.regex(log()[0]!, /^mariadb-install-db /);
  t.deepEqual(
    [".initializing", "mysql/half.frm", "ibdata1", "lost+found/piece"].map((name) => exists(`data/${name}`)),
    [false, false, false, true],
  );
});

test("a failing script ends the server and leaves the mark that makes the next start begin again", async (t) => {
  const { write, start, exists } = machine(t);
  write("init/1.sh", "false\n");
  t.is((await start({ MARIADB_ROOT_PASSWORD: "secret", MARIADB_INITDB_SKIP_TZINFO: "1" }, "mariadbd")).code, 1);
  t.true(exists("data/.initializing"));
  t.false(exists("ready"), "the server of the initialization has ended");
});

test("a database that is there is served as it is, whatever the passwords say", async (t) => {
  const { home, write, start, log } = machine(t);
  write("data/mysql/user.frm", "");
  t.deepEqual(await start({ MARIADB_ROOT_PASSWORD: "other" }, "--port=3307"), {
    code: 0,
    output: `the data directory ${home}/data holds a database: not initializing it`,
  });
  t.deepEqual(log(), ["mariadbd environment= --port=3307"]);
});

test("files that are no database are not deleted by a first start", async (t) => {
  const { write, start, exists } = machine(t);
  write("data/notes.txt", "mine");
  t.is((await start({ MARIADB_ROOT_PASSWORD: "secret", MARIADB_INITDB_SKIP_TZINFO: "1" }, "mariadbd")).code, 0);
  t.true(exists("data/notes.txt"));
});

test("a random password is printed once and used", async (t) => {
  const { start, statements } = machine(t);
  const { output } = await start({ MYSQL_RANDOM_ROOT_PASSWORD: "1", MARIADB_INITDB_SKIP_TZINFO: "1" }, "mariadbd");
  const [, password] = /^GENERATED ROOT PASSWORD: ([\w+/]{32})$/m.exec(output)!;
  t.is(statements().at(-1), `SET PASSWORD FOR root@localhost = PASSWORD('${password}');`);
});

test("a value beside its file, and an option that the server refuses, are errors", async (t) => {
  const { start, log } = machine(t);
  t.deepEqual(
    await start({ MARIADB_PASSWORD: "a", MARIADB_PASSWORD_FILE: "/b", MARIADB_ROOT_PASSWORD: "c" }, "mariadbd"),
    { code: 1, output: "error: both MARIADB_PASSWORD and MARIADB_PASSWORD_FILE are set: set one of them" },
  );
  t.deepEqual(await start({ MARIADB_ROOT_PASSWORD: "c" }, "mariadbd", "--refused"), {
    code: 1,
    output: "error: the configuration is refused: [ERROR] unknown option '--refused'",
  });
  t.deepEqual(log(), []);
});

test("another command, and an option that only asks, run without a database", async (t) => {
  const { start, log, exists } = machine(t);
  t.deepEqual(await start({}, "echo", "hello"), { code: 0, output: "hello" });
  t.is((await start({}, "--version")).code, 0);
  t.deepEqual(log(), ["mariadbd environment= --version"]);
  t.false(exists("data"));
});
