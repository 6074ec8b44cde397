import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { verbs } from "../../../operations/runbook/verbs/index.ts";
import { checkout } from "../../../scripts/support/checkout.ts";
import { runbookPage } from "../../../scripts/support/runbook-page.ts";
import { fakeCluster } from "../../support/fake-cluster.ts";
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

test("every runbook line of the pages and of --help names a verb, a system and options that exist", async (t) => {
  const cluster = await fakeCluster(t, []);
  cluster.rules = []; // each line ends at the rights, before a cluster would be looked at
  const { targets } = await stackVariant("dev");
  const pages = ["README.md", "docs/alerts.md", "docs/runbook.md", "docs/runbooks/bgc-platform.md"].map((page) =>
    readFileSync(join(checkout, page), "utf8"),
  );
  const lines = pages.flatMap((page) =>
    [...page.matchAll(/^npx runbook ([^#|\n]+)/gm)].map(([, line]) => line!.trim().split(/\s+/)),
  );
  t.true(lines.length > verbs.length);
  for (const line of lines) {
    const bare = verbs.find(({ name }) => name === line[0])?.kind === "prints";
    const { code, stderr } = await runbook(cluster, line, { targets, bare });
    t.not(code, 2, `${line.join(" ")}: ${stderr}`);
  }
  t.is((await runbook(cluster, ["restart", "bgc"], { targets })).code, 2);
});
