import test from "ava";
import { alertmanagerConfig } from "../../../components/alerts/routes.ts";
import { ruleFile } from "../../../components/alerts/rules.ts";
import { systemAlerts } from "../../../components/systems/alerts.ts";

const { route, receivers, inhibit_rules: inhibitions } = alertmanagerConfig(systemAlerts);

test("a page, a message and a ticket each have a receiver, whose address is in a file of its own", (t) => {
  t.deepEqual(receivers, [
    { name: "page", webhook_configs: [{ url_file: "/etc/alertmanager/receivers/page", send_resolved: true }] },
    { name: "message", webhook_configs: [{ url_file: "/etc/alertmanager/receivers/message", send_resolved: true }] },
    { name: "ticket", webhook_configs: [{ url_file: "/etc/alertmanager/receivers/ticket", send_resolved: true }] },
    { name: "watchdog", webhook_configs: [{ url_file: "/etc/alertmanager/receivers/watchdog", send_resolved: false }] },
  ]);
});

test("who is told is what the alert's severity says, and every alert is told to somebody", (t) => {
  t.deepEqual(
    route.routes.map(({ receiver, matchers, repeat_interval }) => [receiver, matchers, repeat_interval]),
    [
      ["watchdog", ['notify="watchdog"'], "1m"],
      ["page", ['notify="page"'], "1h"],
      ["message", ['notify="message"'], "4h"],
    ],
  );
  t.deepEqual([route.receiver, route.group_by], ["ticket", ["system", "alertname"]]);
  const told = new Set(
    ruleFile(systemAlerts).groups.flatMap(({ rules }) =>
      rules.flatMap(({ alert, labels }) => (alert ? [labels["notify"]] : [])),
    ),
  );
  t.deepEqual([...told].sort(), ["message", "page", "ticket", "watchdog"]);
});

test("an alert hides what says nothing new in its own system alone", (t) => {
  t.deepEqual(
    inhibitions.filter(({ source_matchers: [system] }) => system === 'system="bots-edi"'),
    [
      {
        source_matchers: ['system="bots-edi"', 'alertname="BotsWebserverDown"'],
        target_matchers: ['system="bots-edi"', 'alertname=~"TargetDown|BotsDatabaseUnreachable"'],
      },
      {
        source_matchers: ['system="bots-edi"', 'alertname="BotsDatabaseUnreachable"'],
        target_matchers: [
          'system="bots-edi"',
          'alertname=~"BotsHighErrorRate|BotsSlowProcessing|ErrorBudgetBurnFast|JobFailed"',
        ],
      },
      {
        source_matchers: ['system="bots-edi"', 'alertname="ErrorBudgetBurnFast"'],
        target_matchers: ['system="bots-edi"', 'alertname=~"ErrorBudgetBurnSlow"'],
      },
    ],
  );
});

test("one alert always fires, so that silence of the watch itself is heard", (t) => {
  t.deepEqual(ruleFile([]).groups, [
    {
      name: "watch",
      rules: [
        {
          alert: "Watchdog",
          expr: "vector(1)",
          labels: { notify: "watchdog" },
          annotations: { summary: "It always fires: where it is no longer received, no alert is." },
        },
      ],
    },
  ]);
});
