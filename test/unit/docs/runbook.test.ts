import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { Target } from "../../../components/systems/target.ts";
import { verbs } from "../../../operations/runbook/verbs/index.ts";
import { checkout } from "../../../scripts/support/checkout.ts";
import { runbookPage } from "../../../scripts/support/runbook-page.ts";
import { type FakeCluster, fakeCluster } from "../../support/fake-cluster.ts";
import { runbook } from "../../support/runbook.ts";
import { stackVariant } from "../../support/stack-variant.ts";

test("docs/runbook.md is what the verbs say", (t) => {
  t.true(
    readFileSync(join(checkout, "docs/runbook.md"), "utf8") === runbookPage(verbs),
    "the verbs have changed: run npm run docs",
  );
});

test("each verb answers --help with its sentence, its arguments and the exit codes, and its rights are a Role", async (t) => {
  const cluster = await fakeCluster(t, []);
  for (const { name, summary, names, rights } of verbs) {
    const help = await runbook(cluster, [name, "--help"]);
    t.is(help.code, 0, name);
    const text = help.stdout.replaceAll(/\s+/g, " ");
    for (const part of [
      summary,
      ...names.map(({ description }) => description),
      "Exit codes: 0 done and proven, 1 failed or not proven, 2 wrong usage, 3 refused before anything was changed, 130 interrupted.",
    ])
      t.true(text.includes(part), `${name}: ${part}`);
    if (rights.length > 0)
      t.regex(
        (await runbook(cluster, ["rights", name], { bare: true })).stdout,
        new RegExp(`kind: Role\nmetadata:\n {2}name: runbook-${name}\nrules:\n`),
      );
  }
  t.deepEqual(cluster.changes, []);
});

/** The lines that start the runbook command in a text, as their words; what a shell does with the output is left out. */
const linesIn = (text: string): string[][] =>
  [...text.matchAll(/^(?:npx runbook|npm run runbook --) ([^#|>\n]+)/gm)].map(([, line]) => line!.trim().split(/\s+/));

const { objects, targets } = await stackVariant("dev");
const pages = readdirSync(join(checkout, "docs/runbooks")).map((file) => `docs/runbooks/${file}`);

/** What the names behind a verb's system may be. */
function namesFor(verb: string, { namespace, dataStores, workloads }: Target): readonly string[] | undefined {
  if (["run", "suspend", "resume"].includes(verb))
    return objects
      .filter(({ kind, metadata }) => ["CronJob", "Job"].includes(kind) && metadata.namespace === namespace)
      .map(({ metadata }) => metadata.name);
  if (["backup", "backups", "drill", "restore"].includes(verb))
    return dataStores.flatMap(({ name, backup }) => (backup ? [name] : []));
  if (verb === "restart") return workloads.map(({ name }) => name);
  return undefined;
}

/** What is wrong with a line: what the command says of it, or a name that the stack does not declare. */
async function wrongWith(line: readonly string[], cluster: FakeCluster): Promise<string[]> {
  const [verb = "", system = "", ...rest] = line;
  const { code, stderr } = await runbook(cluster, line, {
    targets,
    bare: verbs.find(({ name }) => name === verb)?.kind === "prints",
  });
  if (code === 2) return [`${line.join(" ")}: ${stderr}`];
  const target = targets.find((each) => each.system === system);
  const known = target && namesFor(verb, target);
  const end = rest.findIndex((word) => /^[-<]/.test(word)); // behind it stand values of options
  return known === undefined
    ? []
    : rest
        .slice(0, end === -1 ? undefined : end)
        .filter((word) => !known.includes(word))
        .map((word) => `${line.join(" ")}: there is no ${word}`);
}

test("every runbook line of the pages and of --help is taken by the command, and names what exists", async (t) => {
  const cluster = await fakeCluster(t, []);
  cluster.rules = []; // each line ends at the rights, before a cluster would be looked at
  const lines = ["README.md", "docs/alerts.md", "docs/runbook.md", "docs/day-two.md", ...pages].flatMap((page) =>
    linesIn(readFileSync(join(checkout, page), "utf8")),
  );
  t.true(lines.length > 5 * verbs.length, `${lines.length} lines`);
  t.deepEqual((await Promise.all(lines.map((line) => wrongWith(line, cluster)))).flat(), []);
  for (const [line, wrong] of [
    ["restart bgc", 'restart bgc: stack dev has no system "bgc"; '],
    ["restart bgc-platform postgre", "restart bgc-platform postgre: there is no postgre"],
    ["run bots-edi engine", "run bots-edi engine: there is no engine"],
    ["backup bgc-platform redis", "backup bgc-platform redis: there is no redis"],
    ["status bots-edi --since 1h", "status bots-edi --since 1h: error: unknown option '--since'"],
    ["statsu bots-edi", "statsu bots-edi: error: unknown command 'statsu'"],
    ["maintenance bots-edi", "maintenance bots-edi: error: missing required argument"],
  ] as const) {
    const [said = ""] = await wrongWith(line.split(" "), cluster);
    t.true(said.startsWith(wrong), said);
  }
});

test("each system with rows of a runbook has a page, which operates that system alone", (t) => {
  const rows = readdirSync(join(checkout, "docs/coverage")).map((file) => file.replace(".yaml", ""));
  const withRows = targets.map(({ system }) => system).filter((system) => rows.includes(system));
  t.deepEqual(pages, withRows.map((system) => `docs/runbooks/${system}.md`).toSorted());
  for (const page of pages) {
    const lines = linesIn(readFileSync(join(checkout, page), "utf8"));
    t.true(lines.length > 5, page);
    t.deepEqual([...new Set(lines.map(([, system]) => `docs/runbooks/${system}.md`))], [page]);
  }
});
