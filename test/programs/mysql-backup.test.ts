import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import type { MysqlServer } from "../../components/data/mysql/tools.ts";
import { mysqlPod, programsOf } from "./support/mysql-pod.ts";

for (const product of ["mysql", "mariadb"] as const satisfies MysqlServer[]) {
  test(`a database of ${product} is dumped by the programs of ${product}, and proven by a scratch server of it with grant tables`, async (t) => {
    const { home, run, log, copies, read } = mysqlPod(t, product);
    t.regex((await run("dump.sh")).said, /\ndumped 2 tables with 3 rows, \d+ bytes$/);
    t.deepEqual(await run("verify.sh"), {
      code: 0,
      said: "verifying COPY\nverified COPY: 2 tables restored with the rows that were there, 2 views, routines, triggers and events",
    });
    t.deepEqual([copies("incoming"), copies("verified").length], [[], 1]);
    t.is(read("restored.sql"), "INSERT INTO orders VALUES (1);\n-- Dump completed on 2026-01-09\n");
    const { client, dump, server } = programsOf[product];
    t.deepEqual(
      [...new Set(log().map((line) => line.split(" ")[0]))].sort(),
      [client, dump, server, ...(product === "mariadb" ? ["mariadb-install-db"] : [])].sort(),
    );
    const own = product === "mysql" ? " --set-gtid-purged=OFF --skip-column-statistics --skip-masking-policies" : "";
    t.is(
      log().find((line) => line.startsWith(`${dump} `)),
      `${dump} --defaults-extra-file=${home}/tmp/client.cnf --single-transaction --quick --routines --events --triggers --no-tablespaces --hex-blob edi_data${own}`,
    );
    const scratch = log().find((line) => line.startsWith(`${server} `) && line.includes("--socket"))!;
    for (const option of ["--skip-networking", "--event-scheduler=OFF", `--tmpdir=${home}/scratch`])
      t.true(scratch.split(" ").includes(option), option);
    t.false(scratch.includes("--skip-grant-tables"));
    t.throws(() => process.kill(Number(read("server.pid")), 0), { code: "ESRCH" }, "the scratch server has ended");
  });

  test(`the password of ${product} is in a file with its quotes escaped, and never among arguments or in what is said`, async (t) => {
    const { run, log, read } = mysqlPod(t, product);
    const { said } = await run("dump.sh");
    t.false(`${log().join()}${said}`.includes("secret"));
    t.is(
      read("tmp/client.cnf"),
      `[client]\nhost=kona\nport=3306\nuser=edi\npassword="it\\"s\\\\secret"\n${product === "mysql" ? "get-server-public-key" : ""}\n`,
    );
  });
}

/** Runs both steps with something in the way of a program. */
async function failing(t: ExecutionContext, fault: string) {
  const pod = mysqlPod(t, "mariadb");
  pod.fault(fault);
  const dump = await pod.run("dump.sh");
  const result = dump.code === 0 ? await pod.run("verify.sh") : dump;
  t.deepEqual(pod.copies("verified"), []);
  return { code: result.code, said: result.said.split("\n").slice(-2).join("\n") };
}

test("a count that fails, or that answers no number, fails the backup and names its table", async (t) => {
  t.deepEqual(
    await failing(t, '[[ $* != *"COUNT(*) FROM "*orders* ]] || { echo "ERROR 2013: lost connection" >&2; exit 1; }'),
    {
      code: 1,
      said: "ERROR 2013: lost connection\nFAILED: the rows of table orders cannot be counted: the reason stands above",
    },
  );
  t.like(await failing(t, '[[ $* != *"COUNT(*) FROM "*orders* ]] || { echo NULL; exit 0; }'), { code: 1 });
  t.regex(
    (await failing(t, '[[ $* != *"COUNT(*) FROM "*orders* ]] || { echo NULL; exit 0; }')).said,
    /FAILED: the rows of table orders cannot be counted: the answer is "NULL"$/,
  );
});

test("a listing that fails fails the backup, before the dump and after it", async (t) => {
  const lost = '{ echo "ERROR 2002: gone" >&2; exit 1; }';
  t.deepEqual(await failing(t, `[[ $* != *information_schema.TABLES* ]] || ${lost}`), {
    code: 1,
    said: "ERROR 2002: gone\nFAILED: the tables cannot be listed: the reason stands above",
  });
  t.deepEqual(await failing(t, `[[ $* != *information_schema.VIEWS* ]] || ${lost}`), {
    code: 1,
    said: "ERROR 2002: gone\nFAILED: the views, routines, triggers and events cannot be listed: the reason stands above",
  });
  t.deepEqual(
    await failing(
      t,
      `[[ $* != *information_schema.TABLES* || ! -e $HOME/dumped ]] || ${lost}; [[ $0 != *mariadb-dump ]] || touch "$HOME/dumped"`,
    ),
    { code: 1, said: "ERROR 2002: gone\nFAILED: the tables cannot be listed: the reason stands above" },
  );
});

test("a dump that fails, or ends early, fails the backup", async (t) => {
  t.like(await failing(t, "[[ $0 != *mariadb-dump ]] || { echo half; exit 2; }"), { code: 2 });
  t.deepEqual(await failing(t, "[[ $0 != *mariadb-dump ]] || { echo half; exit 0; }"), {
    code: 1,
    said: "verifying COPY\nFAILED: COPY: the dump ends before its last line",
  });
});

/** What the verification says of a restored database, or a copy, that is not what it should be. */
async function verification(t: ExecutionContext, change: (pod: ReturnType<typeof mysqlPod>) => void) {
  const pod = mysqlPod(t, "mysql");
  t.is((await pod.run("dump.sh")).code, 0);
  change(pod);
  const { code, said } = await pod.run("verify.sh");
  t.deepEqual([code, pod.copies("verified")], [1, []]);
  return said.replace("verifying COPY\nFAILED: COPY: ", "");
}

test("a restored database with fewer tables, rows, views, routines, triggers or events is refused", async (t) => {
  t.is(
    await verification(t, ({ home }) => rmSync(join(home, "servers/scratch/tables/orders"))),
    "the restored tables are not those of the database: orders",
  );
  t.is(
    await verification(t, ({ write }) => write("servers/scratch/tables/orders", "2\n")),
    "table orders has 2 rows after the restore and had 3 before the dump and 3 after it",
  );
  t.is(
    await verification(t, ({ write }) => write("servers/scratch/tables/lines", "1\n")),
    "table lines has 1 rows after the restore and had 0 before the dump and 0 after it",
  );
  t.is(
    await verification(t, ({ write }) => write("servers/scratch/objects", "view|open_orders\n")),
    "the restored views, routines, triggers and events are not those of the database: event|nightly",
  );
  t.is(
    await verification(t, ({ write }) => write("servers/scratch/tables/orders", "\n")),
    'verifying COPY\nFAILED: the rows of table orders cannot be counted: the answer is ""',
  );
});

/** Changes a file of the copy as its own pod would have, with its sum. */
function rewrite({ write, read, copy }: ReturnType<typeof mysqlPod>, file: string, content: string) {
  const sums = read(`${copy()}/SHA256SUMS`).replace(new RegExp(`.*  ${file}\n`), "");
  write(`${copy()}/${file}`, content);
  write(`${copy()}/SHA256SUMS`, `${sums}${createHash("sha256").update(content).digest("hex")}  ${file}\n`);
}

test("a copy whose own counts are missing, empty or of other tables is refused, and one that was changed too", async (t) => {
  t.is(
    await verification(t, (pod) => rewrite(pod, "rows-after", "")),
    "tables came or went during the dump: lines orders",
  );
  t.is(
    await verification(t, (pod) => rewrite(pod, "rows-after", "lines|0\norders|\n")),
    'the rows of table orders were not counted: ""',
  );
  t.is(
    await verification(t, (pod) => rewrite(pod, "objects-after", "view|open_orders\n")),
    "views, routines, triggers or events came or went during the dump: event|nightly",
  );
  t.is(
    await verification(t, ({ write, copy }) => write(`${copy()}/rows-after`, "lines|0\norders|4\n")),
    "verifying COPY\nsha256sum: WARNING: 1 computed checksum did NOT match\nFAILED: COPY: a file is not what was written",
  );
});

test("rows that change during the dump may be any number between the two counts", async (t) => {
  const pod = mysqlPod(t, "mysql");
  t.is((await pod.run("dump.sh")).code, 0);
  rewrite(pod, "rows-after", "lines|0\norders|9\n");
  pod.write("servers/scratch/tables/orders", "7\n");
  t.is((await pod.run("verify.sh")).code, 0);
});

test("a table's name may hold whatever a name may hold", async (t) => {
  const pod = mysqlPod(t, "mysql");
  for (const side of ["source", "scratch"]) pod.write(`servers/${side}/tables/odd | na\`\`me`, "4\n");
  pod.fault('if [[ $* == *information_schema.TABLES* ]]; then printf "%s\\n" orders lines "odd | na\\`me"; exit 0; fi');
  t.is((await pod.run("dump.sh")).code, 0);
  t.is(pod.read(`${pod.copy()}/rows-before`), "lines|0\nodd | na`me|4\norders|3\n");
  t.is((await pod.run("verify.sh")).code, 0);
});

test("a server of the other product, or one that is newer than the image, is refused before a copy is begun", async (t) => {
  const cases = [
    [
      "mysql",
      "10.11.6-MariaDB",
      "FAILED: kona runs mariadb 10.11.6-MariaDB, and bots-edi.database.server says mysql: set it to mariadb",
    ],
    [
      "mariadb",
      "8.0.36-0ubuntu0.22.04.1",
      "FAILED: kona runs mysql 8.0.36-0ubuntu0.22.04.1, and bots-edi.database.server says mariadb: set it to mysql",
    ],
    [
      "mariadb",
      "11.4.5-MariaDB",
      "FAILED: kona runs MariaDB 11.4.5-MariaDB, and a copy of it cannot be proven with MariaDB 10.11.19-MariaDB: raise images.mariadb in components/images.ts to a release of that line",
    ],
    [
      "mysql",
      "10.0.1",
      "FAILED: kona runs MySQL 10.0.1, and a copy of it cannot be proven with MySQL 9.7.4: raise images.mysql in components/images.ts to a release of that line",
    ],
    ["mysql", "soon", "FAILED: kona does not say its version: soon"],
  ] as const;
  for (const [product, version, said] of cases) {
    const { run, write, copies } = mysqlPod(t, product);
    write("version", `${version}\n`);
    t.deepEqual(await run("dump.sh"), { code: 1, said });
    t.deepEqual(copies("incoming"), []);
  }
});

test("servers of the image's own line and of older ones are dumped, whatever follows their version", async (t) => {
  for (const [product, version] of [
    ["mariadb", "10.11.99-MariaDB"],
    ["mariadb", "5.5.68-MariaDB"],
    ["mysql", "8.0.36-28"],
    ["mysql", "9.7.9"],
  ] as const) {
    const { run, write } = mysqlPod(t, product);
    write("version", `${version}\n`);
    t.is((await run("dump.sh")).code, 0, version);
  }
});

test("a scratch server that ends, or never answers, fails the verification with its log", async (t) => {
  t.is(
    await verification(t, ({ fault }) =>
      fault(
        '[[ $0 != *mysqld || $* != *--socket* ]] || { echo "no room" >&2; exit 1; }; [[ "$*" != *--socket*"SELECT 1" ]] || exit 1',
      ),
    ),
    "verifying COPY\nFAILED: the scratch server did not start: no room",
  );
  t.is(
    await verification(t, ({ fault }) =>
      fault(
        '[[ $0 != *mysqld || $* != *--socket* ]] || echo "still starting" >&2; [[ "$*" != *--socket*"SELECT 1" ]] || { echo "ERROR 2002: no socket" >&2; exit 1; }',
      ),
    ),
    "verifying COPY\nFAILED: the scratch server does not answer: ERROR 2002: no socket",
  );
});

test("a fixture that nobody counted, or that holds nothing beside rows of the application, is refused", async (t) => {
  const run = async (rows: Record<string, number>, records?: string) => {
    const pod = mysqlPod(t, "mysql");
    pod.write("staging/dumpdata.json", "[]");
    for (const side of ["source", "scratch"])
      for (const [table, count] of Object.entries(rows)) pod.write(`servers/${side}/tables/${table}`, `${count}\n`);
    t.is((await pod.run("dump.sh")).code, 0);
    if (records !== undefined) rewrite(pod, "dumpdata.json.records", records);
    return (await pod.run("verify.sh")).said.split("\n").at(-1);
  };
  t.is(await run({}), "FAILED: COPY: the records of dumpdata.json were not counted");
  t.is(await run({}, ""), "FAILED: COPY: dumpdata.json holds no record, and the database had 3 rows");
  t.is(
    await run({}, "edi.order|2\nedi.line|1\n"),
    "verified COPY: 2 tables restored with the rows that were there, 2 views, routines, triggers and events, 3 records in dumpdata.json",
  );
  const fresh = { orders: 0, auth_permission: 24, django_content_type: 6, django_migrations: 18 };
  t.is(
    await run(fresh, ""),
    "verified COPY: 5 tables restored with the rows that were there, 2 views, routines, triggers and events, 0 records in dumpdata.json",
  );
});

test("users are not made without a password", async (t) => {
  const { run, write, log, read, home } = mysqlPod(t, "mariadb");
  const variables = {
    APP_USER: "edi",
    APP_DATABASE: "edi_data",
    APP_PASSWORD_FILE: `${home}/credentials/app/password`,
    BACKUP_PASSWORD_FILE: `${home}/credentials/backup/password`,
  };
  write("credentials/app/password", "it's\\");
  const refusal = /FAILED: a password is empty, and nobody may log in without one$/;
  t.regex((await run("provision.sh", variables)).said, refusal, "its file is missing");
  write("credentials/backup/password", "\n");
  t.regex((await run("provision.sh", variables)).said, refusal);
  t.is((await run("provision.sh", variables)).code, 1);
  t.false(
    log().some((line) => !/ --execute SELECT 1$/.test(line)),
    `nothing was changed from ${home}`,
  );
  write("credentials/backup/password", "b");
  t.is((await run("provision.sh", variables)).code, 0);
  t.true(
    read("restored.sql").includes(
      "IDENTIFIED VIA mysql_native_password USING '*97C5F97EC55F887B3A9FE35782D33204FA0A514F';",
    ),
  );
});
