import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { filled, pageOf } from "../../../components/alerts/alert.ts";
import { systemAlerts } from "../../../components/systems/alerts.ts";
import { alertsPage } from "../../../scripts/support/alerts-page.ts";
import { checkout } from "../../../scripts/support/checkout.ts";
import { fakeCluster } from "../../support/fake-cluster.ts";
import { stackObjects } from "../../support/objects.ts";
import { runbook } from "../../support/runbook.ts";
import { stackVariant } from "../../support/stack-variant.ts";
import { alertCases } from "./cases/index.ts";
import { read } from "./support/promql.ts";

const page = readFileSync(join(checkout, "docs/alerts.md"), "utf8");
const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!.toLowerCase().replaceAll(" ", "-"));

/** Labels of series that name an object of the stack, and its kind. */
const kinds: Readonly<Record<string, string>> = { deployment: "Deployment", cronjob: "CronJob" };

test("docs/alerts.md is what the alerts say", (t) => {
  t.true(page === alertsPage(systemAlerts), "the alerts have changed: run npm run docs");
});

test("the page of every alert is a heading of docs/alerts.md, and no two share one", (t) => {
  const pages = systemAlerts.flatMap(({ system, alerts }) => alerts.map((alert) => pageOf(system, alert)));
  t.is(new Set(pages).size, pages.length);
  for (const [file, anchor] of pages.map((link) => link.split("#"))) {
    t.is(file, "docs/alerts.md");
    t.is(headings.filter((heading) => heading === anchor).length, 1, anchor);
  }
});

test("every Deployment and CronJob that a query names is one that a stack declares in that namespace", async (t) => {
  const objects = [...(await stackObjects("dev")), ...(await stackObjects("prod"))];
  const named = systemAlerts.flatMap(({ system, namespace, records, alerts }) =>
    [...records, ...alerts].flatMap(({ expr }) =>
      read(expr).selectors.flatMap(({ matchers }) =>
        matchers.flatMap((matcher) => {
          const [, label = "", names = ""] = /^(\w+)=~?"([^"]*)"$/.exec(matcher) ?? [];
          return label in kinds
            ? names.split("|").map((name) => ({ system, namespace, kind: kinds[label]!, name }))
            : [];
        }),
      ),
    ),
  );
  t.true(named.length > 20, String(named.length));
  t.deepEqual(
    named.filter(
      ({ namespace, kind, name }) =>
        !objects.some(
          (object) => object.kind === kind && object.metadata.name === name && object.metadata.namespace === namespace,
        ),
    ),
    [],
  );
});

test("every backup of a stack is watched: a CronJob whose name says so is in the alerts about its age and its schedule", async (t) => {
  for (const { kind, metadata } of [...(await stackObjects("dev")), ...(await stackObjects("prod"))]) {
    if (kind !== "CronJob" || !metadata.name.endsWith("-backup")) continue;
    const { alerts } = systemAlerts.find(({ namespace }) => namespace === metadata.namespace)!;
    const watching = alerts.filter(({ expr }) => new RegExp(`cronjob=~"([^"]*\\|)?${metadata.name}[|"]`).test(expr));
    t.deepEqual(
      watching.map(({ name }) => name.replace("Configuration", "")),
      ["BackupTooOld", "BackupSuspended"],
      `${metadata.namespace} ${metadata.name}`,
    );
  }
});

test("the command of every alert, filled with the labels that it has when it fires, is one that runbook takes", async (t) => {
  const cluster = await fakeCluster(t, []);
  cluster.rules = []; // a verb that acts ends at the rights, before a cluster would be looked at
  const { targets } = await stackVariant("dev");
  const commands = new Set(
    systemAlerts.flatMap(({ system, alerts }) =>
      alerts.flatMap(({ name, command }) =>
        alertCases[system]!.filter(({ alert }) => alert === name).flatMap(({ looks }) =>
          looks.flatMap(({ fires }) => fires.map((labels) => filled(command, { ...labels, system }))),
        ),
      ),
    ),
  );
  t.true(commands.size > 30, String(commands.size));
  for (const command of commands) {
    const [npx, program, ...args] = command.split(" ");
    t.deepEqual([npx, program], ["npx", "runbook"]);
    const { code, stderr } = await runbook(cluster, args, { targets });
    t.not(code, 2, `${command}: ${stderr}`);
  }
  t.deepEqual(cluster.changes, []);
  t.is((await runbook(cluster, ["restart", "bots-edi", "--until", "dawn"], { targets })).code, 2);
});
