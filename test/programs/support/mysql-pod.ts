import { execFile } from "node:child_process";
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
import type { ExecutionContext } from "ava";
import type { MysqlServer } from "../../../components/data/mysql/tools.ts";
import { checkout } from "../../../scripts/support/checkout.ts";

const mysql = join(checkout, "components/data/mysql");
const folders = [mysql, join(checkout, "components/capabilities/verified-backup")];

/** The names of each product's programs. */
export const programsOf = {
  mysql: {
    client: "mysql",
    dump: "mysqldump",
    server: "mysqld",
    version: "8.4.6",
    own: "mysqld  Ver 9.7.4 for Linux on x86_64",
  },
  mariadb: {
    client: "mariadb",
    dump: "mariadb-dump",
    server: "mariadbd",
    version: "10.6.22-MariaDB-log",
    own: "mariadbd  Ver 10.11.19-MariaDB for Linux",
  },
} as const;

/**
 * A client whose answers are files: servers/source is the one that is copied, servers/scratch the one that holds the
 * copy.
 */
const client = `case " $* " in *" --socket="*) side=scratch ;; *) side=source ;; esac
case "$*" in
  *"SELECT 1") echo 1 ;;
  *"SELECT VERSION()") cat "$HOME/version" ;;
  *information_schema.TABLES*) ls "$HOME/servers/$side/tables" ;;
  *information_schema.VIEWS*) cat "$HOME/servers/$side/objects" ;;
  *"SELECT COUNT(*) FROM "*) all=$*; table=\${all##*FROM \\\`}; cat "$HOME/servers/$side/tables/\${table%\\\`}" ;;
  *"CREATE DATABASE"*) ;;
  *) cat >"$HOME/restored.sql" ;;
esac`;

/**
 * A pod of its own: the scripts with their folders moved below a temporary one, and programs that log their arguments.
 */
export function mysqlPod(t: ExecutionContext, product: MysqlServer) {
  const home = mkdtempSync(join(tmpdir(), "mysql-pod-"));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const { client: clientName, dump, server, version, own } = programsOf[product];
  const write = (name: string, content: string, mode = 0o644) => {
    mkdirSync(join(home, name, ".."), { recursive: true });
    writeFileSync(join(home, name), content);
    chmodSync(join(home, name), mode);
  };
  const moved = (text: string) =>
    text.replaceAll(/(?<![\w.$}])\/(scripts|scratch|staging|credentials|tmp)\b/g, `${home}/$1`);
  for (const folder of folders)
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".sh")))
      write(`scripts/${file}`, moved(readFileSync(join(folder, file), "utf8")));
  const program = (name: string, body: string) =>
    write(
      `bin/${name}`,
      `#!/bin/bash\nsaid=$*; echo "${name} \${said//$'\\n'/ }" >>"$HOME/log"\nif [[ -e $HOME/fault ]]; then . "$HOME/fault"; fi\n${body}\n`,
      0o755,
    );
  program(clientName, client);
  program(dump, "echo 'INSERT INTO orders VALUES (1);'; echo '-- Dump completed on 2026-01-09'");
  program(
    server,
    `case "$*" in --version) echo "${own}" ;; *--initialize-insecure*) ;; *) echo $$ >"$HOME/server.pid"; exec /bin/sleep 60 ;; esac`,
  );
  program("mariadb-install-db", ":");
  write("bin/sleep", "#!/bin/sh\nexec /bin/sleep 0.01\n", 0o755);
  write("version", `${version}\n`);
  write("password", 'it"s\\secret\n');
  for (const folder of ["tmp", "scratch", "backups"]) mkdirSync(join(home, folder));
  for (const side of ["source", "scratch"]) {
    write(`servers/${side}/tables/orders`, "3\n");
    write(`servers/${side}/tables/lines`, "0\n");
    write(`servers/${side}/objects`, "view|open_orders\nevent|nightly\n");
  }
  const run = (script: string, environment: Record<string, string> = {}) =>
    new Promise<{ code: number; said: string }>((resolve) => {
      const variables = {
        DATABASE_SERVER: product,
        BACKUPS: join(home, "backups"),
        HOSTNAME: "backup-1-abcde",
        MYSQL_HOST: "kona",
        MYSQL_USER: "edi",
        MYSQL_DATABASE: "edi_data",
        MYSQL_PASSWORD_FILE: join(home, "password"),
        WAIT_SECONDS: "3",
      };
      const child = execFile(
        "bash",
        [join(home, "scripts", script)],
        { env: { HOME: home, PATH: `${home}/bin:/usr/bin:/bin`, ...variables, ...environment } },
        (error, stdout, stderr) =>
          resolve({
            code: error ? (child.exitCode ?? -1) : 0,
            said: `${stdout}${stderr}`
              .replaceAll(/^\d{4}-\S+Z /gm, "")
              .replaceAll(/edi_data-\d+T\d+Z-abcde/g, "COPY")
              .trim(),
          }),
      );
    });
  const read = (name: string) => readFileSync(join(home, name), "utf8");
  return {
    home,
    write,
    read,
    run,
    /** Shell that each program runs before it does its work. */
    fault: (body: string) => write("fault", body),
    log: () => (existsSync(join(home, "log")) ? read("log").trim().split("\n") : []),
    copies: (kind: "incoming" | "verified") =>
      existsSync(join(home, "backups", kind))
        ? readdirSync(join(home, "backups", kind)).filter((name) => name.startsWith("edi_data-"))
        : [],
    /** Path of the only copy, for tests that change it on its way. */
    copy: () =>
      join(
        "backups/incoming",
        readdirSync(join(home, "backups/incoming")).find((name) => name.startsWith("edi_data-"))!,
      ),
  };
}
