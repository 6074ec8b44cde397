import test from "ava";
import { type Alert, filled, type SystemAlerts } from "../../../components/alerts/alert.ts";
import { systemAlerts } from "../../../components/systems/alerts.ts";
import { systemNames } from "../../../components/systems/index.ts";
import type { Case } from "./cases/case.ts";
import { alertCases } from "./cases/index.ts";

/** What is missing of an alert's cases, a sentence each. */
const missingCases = ({ system, alerts }: SystemAlerts, cases: readonly Case[]): string[] =>
  alerts.flatMap(({ name }) => {
    const looks = cases.filter(({ alert }) => alert === name).flatMap((one) => one.looks);
    return [
      ...(looks.some(({ fires }) => fires.length > 0) ? [] : [`${system} ${name} has no case in which it fires`]),
      ...(looks.some(({ fires }) => fires.length === 0) ? [] : [`${system} ${name} has no case in which it is silent`]),
    ];
  });

test("every alert has a case in which it fires and one in which it is silent, and a missing one is named", (t) => {
  t.deepEqual(Object.keys(alertCases), [...systemNames]);
  t.deepEqual(
    systemAlerts.flatMap((alerts) => missingCases(alerts, alertCases[alerts.system]!)),
    [],
  );
  const edi = systemAlerts.find(({ system }) => system === "bots-edi")!;
  const without = alertCases["bots-edi"]!.filter(({ alert }) => alert !== "BotsQueueDeep");
  t.deepEqual(missingCases(edi, without), [
    "bots-edi BotsQueueDeep has no case in which it fires",
    "bots-edi BotsQueueDeep has no case in which it is silent",
  ]);
});

test("every case is of an alert that exists, says something of its own, and feeds series", (t) => {
  for (const { system, alerts } of systemAlerts) {
    const cases = alertCases[system]!;
    const names = cases.map(({ alert, name }) => `${alert}: ${name}`);
    t.deepEqual([...new Set(names)], names, system);
    for (const { alert, name, series } of cases) {
      t.true(
        alerts.some((one) => one.name === alert),
        `${system} ${alert}`,
      );
      t.not(Object.keys(series).length, 0, `${system} ${alert}: ${name}`);
    }
  }
});

/** Labels that an alert has in its cases. */
const labelsOf = (system: string, { name, severity }: Alert): readonly Readonly<Record<string, string>>[] =>
  alertCases[system]!.filter(({ alert }) => alert === name).flatMap(({ looks }) =>
    looks.flatMap(({ fires }) => fires.map((own) => ({ ...own, system, severity: severity.level }))),
  );

test("what an alert says and what to do are whole with the labels that it has when it fires", (t) => {
  for (const { system, alerts } of systemAlerts)
    for (const alert of alerts) {
      for (const labels of labelsOf(system, alert)) {
        for (const [, label] of `${alert.summary} ${alert.command}`.matchAll(/\$labels\.(\w+)/g))
          t.true(Object.hasOwn(labels, label!), `${system} ${alert.name}: ${label}`);
        t.notRegex(
          filled(alert.summary, labels) + filled(alert.command, labels),
          /[{}$]| {2}/,
          `${system} ${alert.name}`,
        );
      }
      t.regex(alert.summary, /^[A-Z{].*\.$/, `${system} ${alert.name}`);
      t.regex(alert.command, new RegExp(`^npx runbook [a-z-]+ ${system}( |$)`), `${system} ${alert.name}`);
    }
});
