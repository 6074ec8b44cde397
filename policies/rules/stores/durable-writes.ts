import { anyOf as celAnyOf, cel } from "../../cel/template.ts";
import { podOf, containersOf, longRunningKinds } from "../../model/pod-spec-walker.ts";
import type { ObjectRule } from "../rule.ts";

const off = "off|false|no|0";

/** Settings that answer before the data are safe, the values that do so, and what is lost. */
const careless: readonly (readonly [setting: string, values: string, loss: string])[] = [
  ["fsync", off, "the whole database when the node crashes"],
  ["full_page_writes", off, "pages that were half written when the node crashed"],
  ["innodb_flush_log_at_trx_commit", "0|2", "transactions of the last second"],
  ["innodb_doublewrite", off, "pages that were half written when the node crashed"],
  ["sync_binlog", "0", "changes that replicas and restores need"],
  ["appendfsync", "no", "changes of the last half minute"],
  ["unclean.leader.election.enable", "true", "messages that only the old leader had"],
];

const spelled = (setting: string) => setting.replace(/[_.]/g, "[-_.]");
const inCommand = (setting: string, values: string) =>
  `(?:^|\\s)(?:-c\\s*|--)${spelled(setting)}[=\\s]+["']?(?:${values})["']?(?:\\s|$)`;
const inFile = (setting: string, values: string) =>
  `^\\s*${spelled(setting)}(?:\\s*=\\s*|\\s+)["']?(?:${values})["']?\\s*(?:#.*)?$`;
const variable = (setting: string) => `^KAFKA_(?:CFG_)?${setting.toUpperCase().replaceAll(".", "_")}$`;

const settings = careless.map(([name, values, loss]) => ({
  name,
  loss,
  command: new RegExp(inCommand(name, values), "i"),
  line: new RegExp(inFile(name, values), "im"),
  variable: new RegExp(variable(name)),
  value: new RegExp(`^(?:${values})$`, "i"),
}));

/** What is read of a ConfigMap. */
const configurationFile = "\\.(?:conf|cnf|ini|properties)$";

/** The largest file that an admission policy reads: patterns cost by length, and a request has a budget. */
const largest = 4096;

const carelessVariable = celAnyOf(
  careless.map(
    ([name, values]) =>
      cel`variable.name.matches(${variable(name)}) && variable.?value.orValue("").matches(${`(?i)^(?:${values})$`})`,
  ),
);

const anyOf = (pattern: (setting: string, values: string) => string) =>
  careless.map(([name, values]) => pattern(name, values)).join("|");

/** B14: no setting gives up what a crash would then destroy. */
export const durableWritesRule: ObjectRule = {
  id: "B14-durable-writes",
  scope: "object",
  kinds: [...longRunningKinds, "ConfigMap"],
  row: ["B14", "X07"],
  severity: "critical",
  title: "Data stores do not turn off durable writes",
  rationale: "Unsafe writes are faster, but the next crash loses or corrupts data.",
  remediation: [
    "# leave the server's own default, or say it:",
    "args: [postgres, -c, fsync=on, -c, full_page_writes=on]",
    "# MySQL: --innodb-flush-log-at-trx-commit=1   Redis: --appendfsync everysec   Kafka: KAFKA_UNCLEAN_LEADER_ELECTION_ENABLE=false",
  ].join("\n"),
  admission: [
    {
      expression: cel`object.kind == "ConfigMap" || variables.pod.?containers.orValue([]).all(server,
        !(server.?command.orValue([]) + server.?args.orValue([])).join(" ").matches(${`(?i)${anyOf(inCommand)}`})
        && server.?env.orValue([]).all(variable, !(${carelessVariable})))`,
      message: "a setting gives up durable writes",
    },
    {
      expression: cel`object.kind != "ConfigMap" || object.?data.orValue({}).all(file,
        !file.matches(${configurationFile}) || object.data[file].size() > ${largest}
        || !object.data[file].matches(${`(?im)${anyOf(inFile)}`}))`,
      message: "a configuration file gives up durable writes",
    },
  ],
  *check(object) {
    const pod = podOf(object);
    for (const { role, spec, path } of pod === undefined ? [] : containersOf(pod)) {
      if (role !== "main") continue; // a scratch server that verifies a copy may lose it
      const line = [...(spec.command ?? []), ...(spec.args ?? [])].join(" ");
      for (const { name, loss, command, variable: written, value } of settings) {
        const entry = (spec.env ?? []).find(
          (candidate) => written.test(candidate.name) && value.test(candidate.value ?? ""),
        );
        const found = command.exec(line)?.[0] ?? (entry && `${entry.name}=${entry.value}`);
        if (found !== undefined)
          yield {
            path,
            message: `${found.trim()} gives up durable writes (${name}): it may lose ${loss}`,
            container: spec.name,
          };
      }
    }
    if (object.kind !== "ConfigMap") return;
    const data = (object.manifest["data"] ?? {}) as Readonly<Record<string, string>>;
    for (const file of Object.keys(data)) {
      const text = new RegExp(configurationFile).test(file) ? String(data[file]) : "";
      for (const { name, loss, line } of settings) {
        const found = line.exec(text)?.[0];
        if (found !== undefined)
          yield {
            path: `data["${file}"]`,
            message: `${found.trim()} gives up durable writes (${name}): it may lose ${loss}`,
          };
      }
    }
  },
};
