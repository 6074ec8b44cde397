import type { SystemAlerts } from "./alert.ts";

/** How often somebody who was told is told again, by how. */
const repeated = { page: "1h", message: "4h", ticket: "24h" } as const;

/**
 * Alertmanager's configuration for the alerts of these systems. Who is told is the alert's label `notify`, from its
 * severity. Each receiver is an address in a file of its own below `receivers`, so that none stands in this text.
 */
export const alertmanagerConfig = (systems: readonly SystemAlerts[], receivers = "/etc/alertmanager/receivers") => ({
  route: {
    receiver: "ticket",
    group_by: ["system", "alertname"],
    group_wait: "30s",
    group_interval: "5m",
    repeat_interval: repeated.ticket,
    routes: [
      {
        receiver: "watchdog",
        matchers: ['notify="watchdog"'],
        group_wait: "0s",
        group_interval: "1m",
        repeat_interval: "1m",
      },
      ...(["page", "message"] as const).map((notify) => ({
        receiver: notify,
        matchers: [`notify="${notify}"`],
        repeat_interval: repeated[notify],
      })),
    ],
  },
  inhibit_rules: systems.flatMap(({ system, alerts }) =>
    alerts.flatMap(({ name, hides = [] }) =>
      hides.length === 0
        ? []
        : [
            {
              source_matchers: [`system="${system}"`, `alertname="${name}"`],
              target_matchers: [`system="${system}"`, `alertname=~"${hides.join("|")}"`],
            },
          ],
    ),
  ),
  receivers: ["page", "message", "ticket", "watchdog"].map((name) => ({
    name,
    webhook_configs: [{ url_file: `${receivers}/${name}`, send_resolved: name !== "watchdog" }],
  })),
});
