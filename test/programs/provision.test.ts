import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";

const secrets = { app: "s3cret'app\\1", backup: 's3cret"backup' };

/**
 * Runs a provisioning script against a client that keeps what it was given: its input, its arguments, its environment
 * and its session.
 */
function provision(kind: "postgres" | "mysql", client: string, env: Record<string, string>) {
  const directory = mkdtempSync(join(tmpdir(), "provision-"));
  const file = (name: string, content: string, mode = 0o600) => {
    writeFileSync(join(directory, name), content, { mode });
    return join(directory, name);
  };
  try {
    file("pg_isready", "#!/bin/sh\n", 0o755);
    // A first question, without standard input, is that of wait_for_server.
    file(
      client,
      `#!/bin/bash\ncase "$*" in *'SELECT 1'*) exit 0;; esac\nprintf '%s\\n' "$@" "$(env)" "session $(cut -d ' ' -f 6 /proc/$$/stat)" >'${directory}/seen'\ncat >'${directory}/input'\n`,
      0o755,
    );
    const script = new URL(`../../components/data/${kind}/provision.sh`, import.meta.url).pathname;
    const given = {
      ...env,
      PATH: `${directory}:${process.env["PATH"]}`,
      APP_USER: "bgc",
      APP_DATABASE: "bgc",
      APP_PASSWORD_FILE: file("app", `${secrets.app}\n`),
      BACKUP_PASSWORD_FILE: file("backup", secrets.backup),
    };
    const { status, stdout, stderr } = spawnSync("bash", [script], { env: given, encoding: "utf8" });
    if (status !== 0) throw new Error(`exit code ${status}: ${stderr}`);
    return {
      input: readFileSync(join(directory, "input"), "utf8").split("\n"),
      seen: readFileSync(join(directory, "seen"), "utf8"),
      printed: stdout + stderr,
    };
  } finally {
    rmSync(directory, { recursive: true });
    rmSync("/tmp/client.cnf", { force: true });
  }
}

const holdsSecret = (text: string) => Object.values(secrets).some((secret) => text.includes(secret));
/** Own session of this process: a client in it could read the terminal instead of its input. */
const session = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1)!.split(" ")[3]!;

test("Postgres is sent no password: psql is asked to make the verifier, and reads both answers from its input (B20)", (t) => {
  const { input, seen, printed } = provision("postgres", "psql", {
    PGHOST: "pg",
    PGUSER: "postgres",
    PGDATABASE: "postgres",
    PGPASSWORD_FILE: "/dev/null",
    EXTENSIONS: "",
  });
  const lines = input.flatMap((line, index) => (line.startsWith("\\password") ? [input.slice(index, index + 3)] : []));
  t.deepEqual(lines, [
    ['\\password :"app"', secrets.app, secrets.app],
    ["\\password backup", secrets.backup, secrets.backup],
  ]);
  t.is(input.filter(holdsSecret).length, 4, "nowhere else");
  t.false(holdsSecret(seen + printed), "neither an argument, nor the environment, nor a message");
  const quiet = input.indexOf("SET log_min_duration_statement = -1;");
  t.true(quiet >= 0 && quiet < input.indexOf(lines[0]![0]!), "a verifier is logged neither when it is slow");
  t.deepEqual(
    input.slice(quiet + 1, quiet + 5),
    [
      "SET log_min_error_statement = 'panic';",
      "SET log_statement = 'none';",
      "SET log_duration = off;",
      "SET pg_stat_statements.track_utility = off;",
    ],
    "nor when they fail",
  );
  t.regex(session, /^\d+$/);
  t.not(/session +(\d+)/.exec(seen)![1], session, "psql has no terminal to ask at");
});

test("MariaDB is sent the hash that it stores, and no password (B20)", (t) => {
  const { input, seen, printed } = provision("mysql", "mariadb", {
    MYSQL_HOST: "mysql",
    MYSQL_USER: "root",
    MYSQL_PASSWORD_FILE: "/dev/null",
    DATABASE_SERVER: "mariadb",
  });
  // What SELECT PASSWORD(...) answers for both.
  t.deepEqual(
    input.filter((line) => line.startsWith("ALTER USER")),
    [
      "ALTER USER 'bgc'@'%' IDENTIFIED VIA mysql_native_password USING '*4CA9F84E29D613843B0DCE6C6123C2E14B1564A5';",
      "ALTER USER 'backup'@'%' IDENTIFIED VIA mysql_native_password USING '*960E68E73EC36ED8CC72F82E95D810018AFFD6C6';",
    ],
  );
  t.deepEqual(input.filter(holdsSecret), []);
  t.false(holdsSecret(seen + printed));
});
