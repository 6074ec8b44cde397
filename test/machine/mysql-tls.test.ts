import { join } from "node:path";
import test from "ava";
import { scripts } from "../../components/capabilities/scripts.ts";
import { backupScripts } from "../../components/capabilities/verified-backup/verified-backup.ts";
import type { MysqlServer } from "../../components/data/mysql/tools.ts";
import { images } from "../../components/images.ts";
import { checkout } from "../../scripts/support/checkout.ts";
import { openMysql } from "../../workloads/server/data/mysql.ts";
import { sql } from "../../workloads/server/data/mysql-session.ts";
import { testRuntime } from "../unit/workloads/support/server.ts";
import { ImagePod } from "./support/image-pod.ts";
import { runProgram } from "./support/run-program.ts";
import { type TlsCase, tlsFiles } from "./support/tls-case.ts";

const uid = 999;
const pod = new ImagePod(["db.example.com", "other.example.com"]);
test.after.always(() => pod.end());

const { password, certificates, server: own } = tlsFiles(pod, uid, "db.example.com", "it's secret");
pod.folderOf("scripts", uid, { ...scripts(join(checkout, "components/data/mysql")), ...backupScripts() });

const products = {
  mysql: {
    make: ["mysqld", "--no-defaults", "--initialize-insecure"],
    server: [
      "mysqld",
      "--no-defaults",
      "--mysqlx=OFF",
      "--skip-log-bin",
      "--secure-file-priv=NULL",
      "--performance-schema=OFF",
    ],
    without: ["--tls-version="],
    client: "mysql",
    right: "SHOW_ROUTINE ON *.*",
  },
  mariadb: {
    make: ["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"],
    server: ["mariadbd", "--no-defaults", "--lc-messages-dir=/usr/share/mysql"],
    without: ["--skip-ssl"],
    client: "mariadb",
    right: "SELECT ON mysql.proc",
  },
} as const;

/** A server with a database and its user, with TLS alone or without any. */
async function serve(product: MysqlServer, name: string, options: readonly string[]): Promise<number> {
  const { make, server, client, right } = products[product];
  const how = { mounts: { "/data": pod.folderOf(`${product}-${name}`, uid), "/server": own }, uid };
  const made = await pod.run(images[product], [...make, "--datadir=/data/db"], how);
  if (made.code !== 0) throw new Error(made.said);
  const port = await pod.serve(
    images[product],
    (free) => [
      ...server,
      "--datadir=/data/db",
      "--socket=/data/socket",
      "--pid-file=/data/pid",
      "--tmpdir=/data",
      "--bind-address=127.0.0.1",
      `--port=${free}`,
      ...options,
    ],
    how,
  );
  const statements = [
    "CREATE DATABASE edi_data",
    "CREATE TABLE edi_data.orders (id INT PRIMARY KEY)",
    "INSERT INTO edi_data.orders VALUES (1), (2)",
    "CREATE USER 'edi'@'%' IDENTIFIED BY 'it''s secret'",
    "GRANT ALL ON edi_data.* TO 'edi'@'%'",
    `GRANT ${right} TO 'edi'@'%'`,
  ];
  const filled = await pod.run(
    images[product],
    [client, "--no-defaults", "--socket=/data/socket", "--user=root", "--execute", statements.join("; ")],
    how,
  );
  if (filled.code !== 0) throw new Error(filled.said);
  return port;
}

const ports: Record<MysqlServer, { tls: number; plain: number }> = {
  mysql: { tls: 0, plain: 0 },
  mariadb: { tls: 0, plain: 0 },
};
test.before("servers of both products run, with TLS and without", async (t) => {
  t.timeout(900_000);
  const tls = ["--ssl-cert=/server/server.crt", "--ssl-key=/server/server.key", "--require-secure-transport=ON"];
  for (const product of ["mysql", "mariadb"] as const)
    ports[product] = {
      tls: await serve(product, "tls", tls),
      plain: await serve(product, "plain", products[product].without),
    };
});

type Case = TlsCase<"tls" | "plain">;

const environment = (
  product: MysqlServer,
  { server = "tls", mode = "VERIFY_IDENTITY", host = "localhost", ca = "ca.crt" }: Case,
) => ({
  MYSQL_HOST: host,
  MYSQL_PORT: ports[product][server],
  MYSQL_DATABASE: "edi_data",
  MYSQL_USER: "edi",
  MYSQL_PASSWORD_FILE: join(password, "password"),
  MYSQL_SSL_MODE: mode,
  MYSQL_SSL_CA: join(certificates, ca),
  MYSQL_POOL_MAX: 2,
  MYSQL_CONNECT_TIMEOUT_MS: 20_000,
  MYSQL_STATEMENT_TIMEOUT_MS: 20_000,
  MYSQL_WAIT_TIMEOUT_SECONDS: 45,
});

/** The cipher of a client's connection; empty without TLS. */
async function ask(product: MysqlServer, how: Case): Promise<string> {
  const database = openMysql(environment(product, how), testRuntime());
  try {
    const [row] = await database.query<{ Value: string }>(sql("SHOW STATUS LIKE 'Ssl_cipher'"));
    return row!.Value;
  } finally {
    await database.close();
  }
}

/** A dump in the image that backups run it in. */
const dump = (
  product: MysqlServer,
  { server = "tls", mode = "VERIFY_IDENTITY", host = "db.example.com", ca = "ca.crt" }: Case = {},
) =>
  pod.run(images[product], ["bash", "/scripts/dump.sh"], {
    uid,
    mounts: {
      "/scripts": join(pod.folder, "scripts"),
      "/credentials": password,
      "/certificates": certificates,
      "/backups": pod.folderOf("backups", uid),
    },
    env: {
      DATABASE_SERVER: product,
      BACKUPS: "/backups",
      MYSQL_HOST: host,
      MYSQL_PORT: String(ports[product][server]),
      MYSQL_DATABASE: "edi_data",
      MYSQL_USER: "edi",
      MYSQL_PASSWORD_FILE: "/credentials/password",
      MYSQL_SSL_MODE: mode,
      MYSQL_SSL_CA: `/certificates/${ca}`,
      WAIT_SECONDS: "60",
    },
  });

const authorityFix = "put the one that signed it into the key ca.crt of the Secret that tls.caSecret names";
const noTls =
  "it offers no TLS; switch TLS on there, or write the mode without TLS where the network between is trusted";
const insecure = "Connections using insecure transport are prohibited while --require_secure_transport=ON.";

for (const product of ["mysql", "mariadb"] as const) {
  const refused = (how: Case, name: string, sentence: string) =>
    `MySQL ${name}:${ports[product][how.server ?? "tls"]} is refused under tls.mode ${how.mode ?? "VERIFY_IDENTITY"}: ${sentence}`;

  test.serial(`VERIFY_IDENTITY works with our clients and with dumps of ${product}, all of it by TLS`, async (t) => {
    t.timeout(600_000);
    t.regex(await ask(product, {}), /^TLS_|^ECDHE/);
    t.regex(await ask(product, { mode: "VERIFY_CA", host: "127.0.0.1" }), /^TLS_|^ECDHE/);
    t.regex(await ask(product, { mode: "REQUIRED", host: "127.0.0.1", ca: "stranger.crt" }), /^TLS_|^ECDHE/);
    t.is(await ask(product, { mode: "DISABLED", server: "plain" }), "");
    for (const how of [{}, { mode: "DISABLED", server: "plain" }] as const) {
      const { code, said } = await dump(product, how);
      t.is(code, 0, said);
      t.regex(said, /\ndumped 1 tables with 2 rows, \d+ bytes$/);
    }
  });

  const words = {
    mysql: {
      authority: "SSL connection error: error:0A000086:SSL routines::certificate verify failed",
      name: "SSL connection error: error:0A000086:SSL routines::certificate verify failed",
      none: "SSL connection error: SSL is required but the server doesn't support it",
    },
    mariadb: {
      authority: "TLS/SSL error: unable to get local issuer certificate",
      name: "TLS/SSL error: Validation of SSL server certificate failed",
      none: "TLS/SSL error: SSL is required, but the server does not support it",
    },
  }[product];
  const unproven = (ca: string, reason: string) =>
    `its certificate is from no authority in /certificates/${ca}, or is for another name (ERROR 2026 (HY000): ${reason}); ${authorityFix}, or connect to a name that it has`;
  const offersNone = `it offers no TLS (ERROR 2026 (HY000): ${words.none}); switch TLS on there, or write tls.mode: DISABLED where the network between is trusted`;

  // Of MariaDB the settings refuse them, and its scripts ask for no less than under VERIFY_IDENTITY.
  test.serial(
    `the weaker modes of a dump of ${product} never go on without TLS, or with another authority`,
    async (t) => {
      t.timeout(600_000);
      const stranger = { mode: "VERIFY_CA", ca: "stranger.crt" } as const;
      t.deepEqual(await dump(product, stranger), {
        code: 1,
        said: `FAILED: ${refused(stranger, "db.example.com", unproven("stranger.crt", words.authority))}`,
      });
      const plain = { mode: "REQUIRED", server: "plain" } as const;
      t.deepEqual(await dump(product, plain), {
        code: 1,
        said: `FAILED: ${refused(plain, "db.example.com", offersNone)}`,
      });
      t.is((await dump(product, { mode: "VERIFY_CA", host: "other.example.com" })).code, product === "mysql" ? 0 : 1);
    },
  );

  const cases = [
    [
      "whose authority is another one",
      { ca: "stranger.crt" },
      ({ ca }: { ca: string }) =>
        `its certificate is from no authority in ${ca} (unable to verify the first certificate); ${authorityFix}`,
      unproven("stranger.crt", words.authority),
    ],
    ["whose certificate is for another name", { host: "other.example.com" }, undefined, unproven("ca.crt", words.name)],
    ["without TLS", { server: "plain" }, () => noTls, offersNone],
    // MariaDB says no more than that access is denied.
    ...(product === "mysql"
      ? [
          [
            "that takes no connection without TLS",
            { mode: "DISABLED" },
            () => `it takes no connection without TLS (${insecure}); write another tls.mode`,
            `it takes no connection without TLS (ERROR 3159 (HY000): ${insecure}); write another tls.mode`,
          ] as const,
        ]
      : []),
  ] as const;
  for (const [title, how, client, job] of cases) {
    test.serial(
      `a server of ${product} ${title} is refused by clients, jobs and dumps, in one sentence each`,
      async (t) => {
        t.timeout(600_000);
        if (client) {
          const sentence = refused(
            how,
            (how as Case).host ?? "localhost",
            client({ ca: join(certificates, (how as Case).ca ?? "ca.crt") }),
          );
          const { cause } = (await t.throwsAsync(ask(product, how), {
            message: "The database cannot answer now.",
          })) as Error & { cause: Error };
          t.is(cause.message, sentence);
          const { code, lines } = await runProgram(
            "bots-edi",
            "bots-migrate",
            Object.fromEntries(Object.entries(environment(product, how)).map(([name, value]) => [name, String(value)])),
          );
          t.deepEqual(
            [code, lines.map(({ level, msg, err }) => ({ level, msg, err }))],
            [1, [{ level: "fatal", msg: sentence, err: undefined }]],
          );
        }
        t.deepEqual(await dump(product, how), {
          code: 1,
          said: `FAILED: ${refused(how, (how as Case).host ?? "db.example.com", job)}`,
        });
      },
    );
  }
}
