import { cel } from "../../cel/template.ts";
import { commandLine } from "../../cel/data-stores.ts";
import { longRunningKinds } from "../../model/pod-spec-walker.ts";
import type { ContainerRule } from "../rule.ts";

/** For variables that open with any value but these. */
const shut = "^(?:no|false|0)?$";

/** Environment variables that open a server, the values that do so, and what then happens. */
const opening: readonly (readonly [name: string, opens: string, effect: string])[] = [
  ["POSTGRES_HOST_AUTH_METHOD", "^trust$", "lets everybody in without a password"],
  ["MYSQL_ALLOW_EMPTY_PASSWORD", shut, "lets root in without a password"],
  ["MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", shut, "lets root in without a password"],
  ["MARIADB_ALLOW_EMPTY_PASSWORD", shut, "lets root in without a password"],
  ["ALLOW_EMPTY_PASSWORD", shut, "lets everybody in without a password"],
  ["MYSQL_RANDOM_ROOT_PASSWORD", shut, "writes root's password into the log"],
  ["MARIADB_RANDOM_ROOT_PASSWORD", shut, "writes root's password into the log"],
  ["POSTGRES_INITDB_ARGS", "(?:-A|--auth(?:-host|-local)?)[=\\s]*trust", "lets everybody in without a password"],
];

/** Flags that open a server. */
const openingFlags = "(?:^|\\s)--(?:skip-grant-tables|protected-mode[=\\s]+no)(?:\\s|$)";

const flags = new RegExp(openingFlags);
const variables = opening.map(([name, source, effect]) => {
  const pattern = new RegExp(source, "i");
  return { name, effect, opens: (value: string) => pattern.test(value) === (source !== shut) };
});

/** X06: no data store lets anybody in without a password. */
export const passwordlessRule: ContainerRule = {
  id: "X06-passwordless-store",
  scope: "container",
  kinds: [...longRunningKinds, "Pod"],
  row: ["X06", "B03"],
  severity: "critical",
  title: "Data stores require a password",
  rationale:
    "Without one, every program that reaches the port owns the data, and one hole in one of them is a hole in all.",
  remediation: [
    "env:",
    "  - name: POSTGRES_PASSWORD_FILE   # MYSQL_ROOT_PASSWORD_FILE, MARIADB_ROOT_PASSWORD_FILE",
    "    value: /credentials/superuser/password   # mounted from a Secret",
  ].join("\n"),
  admission: [
    ...opening.map(([name, pattern, effect]) => ({
      expression: cel`container.?env.orValue([]).all(variable,
        variable.name != ${name} || variable.?value.orValue("").matches(${`(?i)${pattern}`}) == ${pattern === shut})`,
      message: `${name} ${effect}`,
    })),
    {
      expression: cel`!${commandLine}.matches(${openingFlags})`,
      message: "a flag lets everybody in without a password",
    },
  ],
  *check({ spec, path }) {
    for (const [index, entry] of (spec.env ?? []).entries()) {
      const opened = variables.find((variable) => variable.name === entry.name && variable.opens(entry.value ?? ""));
      if (opened !== undefined)
        yield { path: `${path}.env[${index}].value`, message: `env ${entry.name} ${opened.effect}` };
    }
    const flag = flags.exec([...(spec.command ?? []), ...(spec.args ?? [])].join(" "))?.[0];
    if (flag !== undefined)
      yield { path: `${path}.args`, message: `${flag.trim()} lets everybody in without a password` };
  },
};
