import { cel } from "../../cel/template.ts";
import type { V1EnvVar } from "@kubernetes/client-node";
import { clientsOf } from "../../facts/database-clients.ts";
import type { DatabaseClient } from "../../facts/database-clients.ts";
import { isServer } from "../../cel/data-stores.ts";
import { dataStoreKind, dataStoreKinds, serverContainers, serverRunBy } from "../../facts/data-stores.ts";
import { NotEvaluable } from "../../model/not-evaluable.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import type { RuleNumbers } from "../numbers.ts";
import { longRunningKinds, podOf } from "../../model/pod-spec-walker.ts";
import { maximumReplicas } from "../../facts/replicas.ts";
import type { ContainerRule, Rule, StackRule } from "../rule.ts";
import { selecting } from "../../facts/selected-pods.ts";
import { serverSetting } from "../../facts/server-settings.ts";
import type { ObjectIndex } from "../../model/object-index.ts";

/** Connections a server takes that is told no number. */
const defaultConnections = { postgres: 100, mysql: 151 } as const;

/** How many clients a message names. */
const namedClients = 5;

const enoughConnections: StackRule = {
  id: "B17-connections",
  scope: "stack",
  kinds: dataStoreKinds,
  row: ["B17", "T07"],
  severity: "high",
  title: "A database allows all the connections that its clients may open",
  rationale:
    "When no connection is left, new replicas, the backup and administrators are refused, and this happens when load is highest.",
  remediation:
    "args: [postgres, -c, max_connections=200]   # or smaller pools (PG_POOL_MAX), fewer replicas (maxReplicas), a pooler between",
  admission: { beyondCel: "The clients, their autoscalers and the Services between are other objects." },
  *check(object, objects, settings) {
    const kind = dataStoreKind(object);
    if (kind !== "postgres" && kind !== "mysql") return;
    const [server] = serverContainers(object, kind);
    if (server === undefined) return;
    const path = `${server.path}.args`;
    const declared = serverSetting("max-connections", server, object, objects);
    if (declared === undefined && kind === "postgres") {
      yield {
        path,
        message: "max_connections is not set: nobody decided how many clients there may be",
        container: server.spec.name,
      };
    }
    const limit = declared === undefined ? defaultConnections[kind] : Number(declared);
    if (!Number.isInteger(limit))
      throw new NotEvaluable(`max_connections of ${object.ref} is not a number that can be read from its manifest`);
    const numbers = settings["B17-connections"];
    const clients = clientsOf(hostsOf(object, objects), object.namespace, objects).map((client) =>
      demandOf(client, objects, numbers),
    );
    clients.sort((one, other) => other.total - one.total);
    const total = clients.reduce((sum, client) => sum + client.total, 0);
    if (total === 0 || total + numbers.reserve <= limit) return;
    const others = clients.length > namedClients ? [`and ${clients.length - namedClients} more`] : [];
    const names = [...clients.slice(0, namedClients).map(({ words }) => words), ...others].join(", ");
    yield {
      path,
      message: `pools may open ${total} connections (${names}) and ${numbers.reserve} are kept free, but max_connections is ${limit}`,
      container: server.spec.name,
      fix: `args: [--max-connections=${total + numbers.reserve}]   # or smaller pools`,
    };
  },
};

/** The names by which programs of the namespace reach a database. */
function hostsOf(database: KubernetesObject, objects: ObjectIndex): string[] {
  const { serviceName } = (database.manifest["spec"] ?? {}) as { serviceName?: string };
  const services = [...selecting("Service", podOf(database)?.labels ?? {}, database.namespace, objects)].map(
    ({ name }) => name,
  );
  return [...services, ...(serviceName === undefined ? [] : [serviceName])];
}

interface PoolDemand {
  readonly total: number;
  /** How a message says it: `Deployment data/api 3 x 10`. */
  readonly words: string;
}

function demandOf(
  { workload, container, environment }: DatabaseClient,
  objects: ObjectIndex,
  { poolVariables, defaultPool }: RuleNumbers["B17-connections"],
): PoolDemand {
  const variable = poolVariables.find((name) => environment.has(name));
  const pool = variable === undefined ? defaultPool : Number(environment.get(variable));
  if (!Number.isInteger(pool))
    throw new NotEvaluable(`${variable} of ${workload.ref}, container "${container.spec.name}", is not a number`);
  const replicas = maximumReplicas(workload, objects);
  return { total: pool * replicas, words: `${workload.ref} ${replicas} x ${pool}` };
}

/** Environment variables by which programs are told whom to log in as. */
const userVariables = [
  "PGUSER",
  "DB_USER",
  "DB_USERNAME",
  "DATABASE_USER",
  "DATABASE_USERNAME",
  "POSTGRES_USERNAME",
  "MYSQL_USER",
  "MYSQL_USERNAME",
  "SPRING_DATASOURCE_USERNAME",
  "DATA_SOURCE_USER",
];
const superusers = ["postgres", "root"];
/** Names of those that hold a URL, and what is wrong with one. */
const urlVariable = "(?:UR[IL]|DSN)$";
const superuserUrl = "^(?:jdbc:)?(?:postgres(?:ql)?|mysql|mariadb)://(postgres|root)(?::[^@/\\s]*)?@";
const namesUrl = new RegExp(urlVariable);
const logsInAs = new RegExp(superuserUrl);

const ownUser: ContainerRule = {
  id: "B03-database-owner",
  scope: "container",
  kinds: [...longRunningKinds, "Pod"],
  row: ["B03", "T03"],
  severity: "high",
  title: "Programs do not log in to their database as its superuser",
  rationale:
    "An attacker who breaks into a program that is the database's superuser can read every other database and the server's files, and can run programs on it.",
  remediation: "env:\n  - name: PGUSER\n    value: bgc   # owner of its own database, without any right outside it",
  admission: [
    {
      expression: cel`${isServer} || container.?env.orValue([]).all(variable,
        !(variable.name in ${userVariables} && variable.?value.orValue("") in ${superusers}
          || variable.name.matches(${urlVariable}) && variable.?value.orValue("").matches(${superuserUrl})))`,
      message: "logs in to a database as its superuser",
    },
  ],
  *check(container) {
    if (serverRunBy(container) !== undefined) return; // its own superuser makes the database
    for (const [index, entry] of (container.spec.env ?? []).entries()) {
      const user = userIn(entry);
      if (user !== undefined)
        yield {
          path: `${container.path}.env[${index}].value`,
          message: `env ${entry.name} logs in to a database as its superuser (${user})`,
        };
    }
  },
};

/** The superuser that a variable names; values of variables that name no user are not read. */
function userIn(entry: V1EnvVar): string | undefined {
  if (userVariables.includes(entry.name)) return superusers.find((user) => user === entry.value);
  return namesUrl.test(entry.name) ? logsInAs.exec(entry.value ?? "")?.[1] : undefined;
}

/** B03, B17: who connects to a database, as whom, and how often. */
export const connectionRules: readonly Rule[] = [enoughConnections, ownUser];
