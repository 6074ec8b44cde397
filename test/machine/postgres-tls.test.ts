import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { scripts } from "../../components/capabilities/scripts.ts";
import { backupScripts } from "../../components/capabilities/verified-backup/verified-backup.ts";
import { images } from "../../components/images.ts";
import { checkout } from "../../scripts/support/checkout.ts";
import { openPostgres } from "../../workloads/server/data/postgres.ts";
import { testRuntime } from "../unit/workloads/support/server.ts";
import { ImagePod } from "./support/image-pod.ts";
import { runProgram } from "./support/run-program.ts";
import { type TlsCase, tlsFiles } from "./support/tls-case.ts";

const uid = 999;
const image = images.postgres;
const pod = new ImagePod(["db.example.com", "other.example.com"]);
test.after.always(() => pod.end());

const { authority, stranger, password, certificates, server } = tlsFiles(pod, uid, "db.example.com", "it's: secret\\", {
  "pg_hba.conf": "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n",
  "plain_hba.conf": "local all all trust\nhostnossl all all 127.0.0.1/32 scram-sha-256\n",
});

/** A server whose only user has the password, with TLS or without. */
async function serve(name: string, ...settings: string[]): Promise<number> {
  const data = pod.folderOf(name, uid);
  const how = { mounts: { "/data": data, "/server": server, "/credentials": password }, uid };
  const made = await pod.run(
    image,
    [
      "initdb",
      "--pgdata=/data/db",
      "--username=owner",
      "--pwfile=/credentials/password",
      "--auth=scram-sha-256",
      "--no-sync",
      "--locale=C.UTF-8",
    ],
    how,
  );
  if (made.code !== 0) throw new Error(made.said);
  return pod.serve(
    image,
    (port) => [
      "postgres",
      "-D",
      "/data/db",
      "-c",
      `port=${port}`,
      "-c",
      "listen_addresses=127.0.0.1",
      "-c",
      "unix_socket_directories=/data",
      "-c",
      "fsync=off",
      ...settings.flatMap((setting) => ["-c", setting]),
    ],
    how,
  );
}

const ports = { tls: 0, plain: 0 };
test.before("servers with TLS and without run", async (t) => {
  t.timeout(900_000);
  ports.tls = await serve(
    "tls",
    "ssl=on",
    "ssl_cert_file=/server/server.crt",
    "ssl_key_file=/server/server.key",
    "hba_file=/server/pg_hba.conf",
  );
  ports.plain = await serve("plain", "hba_file=/server/plain_hba.conf");
});

type Case = TlsCase<keyof typeof ports>;

/** What the programs of this machine are told, which know no db.example.com. */
const own = ({ server = "tls", mode = "verify-full", host = "localhost", ca = "ca.crt" }: Case) => ({
  PGHOST: host,
  PGPORT: ports[server],
  PGDATABASE: "postgres",
  PGUSER: "owner",
  PGPASSWORD_FILE: join(password, "password"),
  PGSSLMODE: mode,
  PGSSLROOTCERT: join(certificates, ca),
  PG_POOL_MAX: 2,
  PG_CONNECT_TIMEOUT_MS: 20_000,
  PG_STATEMENT_TIMEOUT_MS: 20_000,
});

async function ask(how: Case): Promise<{ ssl: boolean }[]> {
  const database = openPostgres(own(how), testRuntime());
  return database
    .query<{ ssl: boolean }>({ text: "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", values: [] })
    .finally(() => database.close());
}

/** A script in the image that jobs run it in. */
function script(
  folder: string,
  name: string,
  env: Record<string, string>,
  { server = "tls", mode = "verify-full", host = "db.example.com", ca = "ca.crt" }: Case = {},
) {
  return pod.run(image, ["bash", `/${folder}/${name}`], {
    uid,
    mounts: {
      [`/${folder}`]: join(pod.folder, folder),
      "/credentials": password,
      "/certificates": certificates,
      "/backups": pod.folderOf("backups", uid),
    },
    env: {
      PGHOST: host,
      PGPORT: String(ports[server]),
      PGDATABASE: "postgres",
      PGUSER: "owner",
      PGPASSWORD_FILE: "/credentials/password",
      PGSSLMODE: mode,
      PGSSLROOTCERT: `/certificates/${ca}`,
      WAIT_SECONDS: "60",
      ...env,
    },
  });
}
const postgres = join(checkout, "components/data/postgres");
pod.folderOf("sql", uid, {
  ...scripts(postgres, /^((connection|migrate)\.sh|transaction-end\.awk)$/),
  "0001_orders.sql": "CREATE TABLE orders AS SELECT generate_series(1, 3) AS id;\n",
});
pod.folderOf("scripts", uid, { ...scripts(postgres), ...backupScripts() });
const migrate = (how: Case) => script("sql", "migrate.sh", { MIGRATIONS_DIR: "/sql" }, how);

test.serial("verify-full works with our clients, migrations and dumps, all of it by TLS", async (t) => {
  t.timeout(600_000);
  t.deepEqual(await ask({}), [{ ssl: true }]);
  t.deepEqual(await migrate({}), {
    code: 0,
    said: "0001_orders.sql: applied\ndone: 1 applied now, 1 in all, newest 0001",
  });
  const { code, said } = await script("scripts", "dump.sh", { BACKUPS: "/backups", COUNT_SECONDS: "60" });
  t.is(code, 0, said);
  t.regex(said, /\ndumped 2 tables with 4 rows, \d+ bytes$/);
});

test.serial("each weaker mode asks for less: an authority and no name, any certificate, or no TLS", async (t) => {
  t.timeout(600_000);
  t.deepEqual(await ask({ mode: "verify-ca", host: "127.0.0.1" }), [{ ssl: true }]);
  t.deepEqual(await ask({ mode: "require", host: "127.0.0.1", ca: "stranger.crt" }), [{ ssl: true }]);
  t.deepEqual(await ask({ mode: "disable", server: "plain" }), [{ ssl: false }]);
  for (const how of [
    { mode: "verify-ca", host: "other.example.com" },
    { mode: "disable", server: "plain" },
  ] as const)
    t.is((await migrate(how)).code, 0, JSON.stringify(how));
});

const authorityFix = "put the one that signed it into the key ca.crt of the Secret that tls.caSecret names";
const refusals = [
  {
    title: "whose authority is another one",
    how: { ca: "stranger.crt" },
    client: ({ ca }: { ca: string }) =>
      `its certificate is from no authority in ${ca} (unable to verify the first certificate); ${authorityFix}`,
    script: `its certificate is from no authority in /certificates/stranger.crt (SSL error: certificate verify failed); ${authorityFix}`,
  },
  {
    title: "whose certificate is for another name",
    how: { host: "127.0.0.1" },
    client: () =>
      "its certificate is for another name (IP: 127.0.0.1 is not in the cert's list:); connect to a name that it has, or give the server one for this name",
    script:
      'its certificate is for another name (server certificate for "db.example.com" (and 2 other names) does not match host name "127.0.0.1"); connect to a name that it has, or give the server one for this name',
  },
  {
    title: "without TLS",
    how: { server: "plain" },
    client: () =>
      "it offers no TLS; switch TLS on there, or write the mode without TLS where the network between is trusted",
    script:
      "it offers no TLS (server does not support SSL, but SSL was required); switch TLS on there, or write tls.mode: disable where the network between is trusted",
  },
  {
    title: "that takes no connection without TLS",
    how: { mode: "disable" },
    client: () =>
      'it takes no connection without TLS (no pg_hba.conf entry for host "127.0.0.1", user "owner", database "postgres", no encryption); write another tls.mode',
    script:
      'it takes no connection without TLS (FATAL:  no pg_hba.conf entry for host "127.0.0.1", user "owner", database "postgres", no encryption); write another tls.mode',
  },
] as const;

for (const { title, how, client, script: said } of refusals) {
  const { mode = "verify-full", server = "tls", host, ca = "ca.crt" } = how as Case;
  const prefix = (name: string) => `Postgres ${name}:${ports[server]} is refused under tls.mode ${mode}: `;

  test.serial(
    `a server ${title} is refused by a client in one sentence that names it, the mode and what to do`,
    async (t) => {
      const { message, cause } = (await t.throwsAsync(ask(how), {
        message: "The database cannot answer now.",
      })) as Error & { cause: Error };
      t.deepEqual(
        [message, cause.message],
        ["The database cannot answer now.", prefix(host ?? "localhost") + client({ ca: join(certificates, ca) })],
      );
    },
  );

  test.serial(
    `a server ${title} ends a program that serves and one that runs to its end, with that sentence and no trace`,
    async (t) => {
      t.timeout(600_000);
      const environment = Object.fromEntries(Object.entries(own(how)).map(([name, value]) => [name, String(value)]));
      const sentence = prefix(host ?? "localhost") + client({ ca: join(certificates, ca) });
      const archive = pod.folderOf("archive", 0);
      for (const [system, role, more] of [
        ["platform-service", "platform-audit-retention", { ARCHIVE_DIR: archive }],
        ["techbra-ecommerce", "order-service", { KAFKA_BROKERS: "127.0.0.1:1" }],
      ] as const) {
        const { code, lines } = await runProgram(system, role, { ...environment, ...more });
        t.is(code, 1, role);
        t.deepEqual(
          lines.filter(({ level }) => level === 60 || level === "fatal").map(({ msg, err }) => ({ msg, err })),
          [{ msg: sentence, err: undefined }],
          role,
        );
      }
    },
  );

  test.serial(`a server ${title} ends a migration and a dump at once, with that sentence`, async (t) => {
    t.timeout(600_000);
    const sentence = `FAILED: ${prefix(host ?? "db.example.com")}${said}`;
    t.deepEqual(await migrate(how), { code: 3, said: sentence });
    t.deepEqual(await script("scripts", "dump.sh", { BACKUPS: "/backups", COUNT_SECONDS: "60" }, how), {
      code: 3,
      said: sentence,
    });
    t.is(
      readdirSync(join(pod.folder, "backups/incoming")).filter((name) => name.startsWith("postgres-")).length,
      1,
      "the copy of the first test, and no other was begun",
    );
  });
}

test.serial("a new authority in the same file counts for the next connection, without a restart", async (t) => {
  writeFileSync(join(certificates, "rotated.crt"), stranger.certificate);
  const database = openPostgres({ ...own({}), PGSSLROOTCERT: join(certificates, "rotated.crt") }, testRuntime());
  t.teardown(() => database.close());
  const ask = () => database.query({ text: "SELECT 1 AS one", values: [] });
  await t.throwsAsync(ask(), { message: "The database cannot answer now." });
  writeFileSync(join(certificates, "rotated.crt"), stranger.certificate + authority.certificate);
  t.deepEqual(await ask(), [{ one: 1 }]);
});
