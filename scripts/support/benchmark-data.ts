import type { Kubectl } from "./bench-namespace.ts";
import { runJob } from "./bench-namespace.ts";
import type { Manifest } from "./declared-objects.ts";

type Print = (line: string) => void;

/** About 200 MB a statement: 800 bytes of random digits a row, which compress to half, and two indexes besides. */
const postgresRows = 250_000;

/** Fills the database until it has the size; says what is in it. */
export async function fillPostgres(namespace: string, size: number, kubectl: Kubectl, print: Print): Promise<string> {
  const sql = (statement: string) =>
    kubectl(
      [
        "exec",
        "-i",
        "-n",
        namespace,
        "postgres-0",
        "-c",
        "postgres",
        "--",
        "psql",
        "-XAtq",
        "-v",
        "ON_ERROR_STOP=1",
        "-U",
        "postgres",
        "bgc",
      ],
      statement,
    );
  await sql(
    "CREATE TABLE movements (id bigserial PRIMARY KEY, code text NOT NULL, at timestamptz NOT NULL DEFAULT now(), payload text NOT NULL); CREATE INDEX ON movements (code, at); ALTER TABLE movements OWNER TO bgc;",
  );
  for (let reached = 0; reached < size; ) {
    await sql(
      `INSERT INTO movements (code, payload) SELECT md5(g::text), (SELECT string_agg(md5(random()::text || g || part), '') FROM generate_series(1, 25) AS part) FROM generate_series(1, ${postgresRows}) AS g`,
    );
    reached = Number(await sql("SELECT pg_database_size('bgc')"));
    print(`filled ${(reached / 2 ** 30).toFixed(2)} of ${(size / 2 ** 30).toFixed(2)} GiB`);
  }
  const [rows, bytes] = (await sql("SELECT count(*), pg_database_size('bgc') FROM movements"))
    .trim()
    .split("|")
    .map(Number);
  return `${(rows ?? 0).toLocaleString("en")} rows with two indexes, ${((bytes ?? 0) / 2 ** 30).toFixed(2)} GiB on the disk.`;
}

interface PodSpec {
  initContainers: Record<string, unknown>[];
  containers: Record<string, unknown>[];
  volumes: Record<string, unknown>[];
}

const restoreScript = `set -euo pipefail
. /scripts/connection.sh
connect
copy=$(find /backups/verified -mindepth 1 -maxdepth 1 -type d | sort | tail -n 1)
createdb --template=template0 restored
gzip -dc "$copy/dump.sql.gz" | psql --no-psqlrc --quiet --output=/dev/null --set ON_ERROR_STOP=1 --single-transaction --dbname=restored
psql --no-psqlrc --no-align --tuples-only --quiet --dbname=restored --file=/scripts/row-counts.sql | diff "$copy/row-counts" -`;

/**
 * Restores the newest verified copy into a new database of the same server; returns the seconds, or throws where rows
 * differ.
 */
export async function restorePostgres(namespace: string, backup: Manifest, kubectl: Kubectl): Promise<number> {
  const job = structuredClone(backup) as Manifest & {
    metadata: { name: string };
    spec: { backoffLimit: number; template: { spec: PodSpec } };
  };
  const { spec } = job.spec.template;
  const dump = spec.initContainers.find(({ name }) => name === "dump") as {
    env: { name: string; value: string }[];
    volumeMounts: object[];
  } & Record<string, unknown>;
  const env = {
    PGUSER: "postgres",
    PGDATABASE: "postgres",
    PGPASSWORD_FILE: "/credentials/superuser/password",
  } as Record<string, string>;
  spec.containers = [
    {
      ...dump,
      name: "restore",
      command: ["bash", "-c", restoreScript],
      env: dump.env.map((variable) => ({ ...variable, value: env[variable.name] ?? variable.value })),
      volumeMounts: [...dump.volumeMounts, { name: "superuser", mountPath: "/credentials/superuser", readOnly: true }],
    },
  ];
  spec.initContainers = [];
  spec.volumes = [
    ...spec.volumes,
    { name: "superuser", secret: { secretName: "pg-postgresql-superuser", defaultMode: 0o440 } },
  ];
  job.spec.backoffLimit = 0;
  job.metadata.name = "postgres-restore";
  const started = performance.now();
  await runJob(namespace, job, kubectl, async () => {});
  return (performance.now() - started) / 1000;
}

/** Transactions of 5 kB each, which become about as many bytes of fixture. */
const payloadBytes = 5_000;
const ediRows = 10_000;

/** Fills EDI's table of transactions until a fixture of it has the size; says what is in it. */
export async function fillEdi(namespace: string, fixture: number, kubectl: Kubectl, print: Print): Promise<string> {
  const client =
    'printf "[client]\\nuser=root\\npassword=\\"%s\\"\\n" "$(cat /credentials/root/password)" >/tmp/bench.cnf; exec mariadb --defaults-extra-file=/tmp/bench.cnf -BN botsedi_data';
  const sql = (statement: string) =>
    kubectl(["exec", "-i", "-n", namespace, "mysql-0", "-c", "mysql", "--", "bash", "-c", client], statement);
  const rows = Math.ceil(fixture / payloadBytes);
  for (let made = 0; made < rows; made += ediRows) {
    const count = Math.min(ediRows, rows - made);
    await sql(`INSERT INTO bots_transaction (partner, editype, messagetype, payload, content_sha256, state, created_at, next_attempt_at)
      SELECT 'bench', 'x12', '850', REPEAT(SHA2(CONCAT(seq, RAND()), 256), ${Math.ceil(payloadBytes / 64)}), SHA2(CONCAT(${made}, ' ', seq), 256), 'done', NOW(6), NOW(6) FROM seq_1_to_${count}`);
    print(`filled ${(made + count).toLocaleString("en")} of ${rows.toLocaleString("en")} transactions`);
  }
  return `${rows.toLocaleString("en")} transactions of ${payloadBytes.toLocaleString("en")} bytes.`;
}
