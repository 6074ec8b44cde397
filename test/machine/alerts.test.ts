import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { stringify } from "yaml";
import { buildPrograms, programPath } from "../../cluster/build.ts";
import { promtool } from "../../cluster/pins.ts";
import { ruleFile, ruleGroup } from "../../components/alerts/rules.ts";
import { systemAlerts } from "../../components/systems/alerts.ts";
import { alertCases } from "../unit/alerts/cases/index.ts";
import { promtoolTests } from "../unit/alerts/cases/promtool.ts";

const folder = mkdtempSync(join(tmpdir(), "alerts-"));
const write = (name: string, content: object) =>
  writeFileSync(join(folder, name), stringify(content, { version: "1.1", aliasDuplicateObjects: false, lineWidth: 0 }));
function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(programPath(promtool), args, { cwd: folder, encoding: "utf8" });
  return { status, says: `${stdout}${stderr}` };
}

test.before(() => buildPrograms([promtool], () => {}));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

test("Prometheus takes the rule file of all systems", (t) => {
  const file = ruleFile(systemAlerts);
  write("all.yml", file);
  t.deepEqual(run("check", "rules", "all.yml"), {
    status: 0,
    says: `Checking all.yml\n  SUCCESS: ${file.groups.flatMap(({ rules }) => rules).length} rules found\n\n`,
  });
});

for (const alerts of systemAlerts) {
  const { system } = alerts;
  test(`every alert of ${system} fires and is silent as its cases say (P09, E13, G10, T07, B17)`, (t) => {
    const group = ruleGroup(alerts);
    write(`${system}.yml`, { groups: [group] });
    for (const step of ["1m", "1h"] as const) {
      write(`${system}-${step}.yml`, promtoolTests(`${system}.yml`, group, alertCases[system]!, step));
      const { status, says } = run("test", "rules", `${system}-${step}.yml`);
      t.is(status, 0, says);
    }
  });
}

test("a rule that has lost its guard fails the case of its trap", (t) => {
  const group = ruleGroup(systemAlerts.find(({ system }) => system === "techbra-ecommerce")!);
  const careless = group.rules.map((rule) =>
    rule.alert === "ConsumerLag" ? { ...rule, expr: rule.expr.replace(" >= 0", "") } : rule,
  );
  t.notDeepEqual(careless, group.rules);
  write("careless.yml", { groups: [{ ...group, rules: careless }] });
  const cases = alertCases["techbra-ecommerce"]!.filter(({ alert }) => alert === "ConsumerLag");
  write("careless-cases.yml", promtoolTests("careless.yml", group, cases, "1m"));
  const { status, says } = run("test", "rules", "careless-cases.yml");
  t.is(status, 1);
  t.regex(says, /name: ConsumerLag: 1002 messages wait in one partition, and two were never read/);
});
