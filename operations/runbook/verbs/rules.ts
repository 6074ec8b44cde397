import { stringify } from "yaml";
import { alertmanagerConfig } from "../../../components/alerts/routes.ts";
import { ruleFile } from "../../../components/alerts/rules.ts";
import { systemAlerts } from "../../../components/systems/alerts.ts";
import type { PrintingVerb } from "../verb.ts";

/** Prints what a Prometheus and an Alertmanager that run without their operator read. */
export const rules: PrintingVerb = {
  kind: "prints",
  name: "rules",
  summary: "Print the alerts of all systems as Prometheus' rule file, or Alertmanager's configuration for them.",
  names: [],
  options: [
    { flags: "--alertmanager", description: "Alertmanager's configuration instead: who is told, and what hides what" },
    {
      flags: "--pages <url>",
      description: "where people find the files of this checkout; alerts link to their pages below it",
    },
  ],
  rights: [],
  examples: ["rules | promtool check rules", "rules --alertmanager | tee alertmanager.yml"],
  print: ({ options }) =>
    stringify(
      options["alertmanager"]
        ? alertmanagerConfig(systemAlerts)
        : ruleFile(systemAlerts, options["pages"] as string | undefined),
      { version: "1.1", aliasDuplicateObjects: false, lineWidth: 0 },
    ),
};
