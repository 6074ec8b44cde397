import { cel } from "../../cel/template.ts";
import { storeIs } from "../../cel/data-stores.ts";
import { dataStoreKinds, keptStoreKind } from "../../facts/data-stores.ts";
import { podOf } from "../../model/pod-spec-walker.ts";
import type { ObjectRule } from "../rule.ts";

/** What tells that several servers are one store: names of variables and words of the command line. */
const replication = /replic|repmgr|patroni|standby|primary|wsrep|galera|sentinel|cluster-enabled|group_replication/i;

const words = cel`(server.?command.orValue([]) + server.?args.orValue([])
  + server.?env.orValue([]).map(variable, variable.name)).join(" ")`;

/** B05: no two servers on the same data, and no two that know nothing of each other. */
export const singleServerRule: ObjectRule = {
  id: "B05-single-server",
  scope: "object",
  kinds: dataStoreKinds,
  row: ["B05", "X07"],
  severity: "critical",
  title: "A data store never runs as two servers by mistake",
  rationale:
    "Two servers on one volume destroy it, and two with a volume each are two databases behind one name: half of the writes are missing for every reader.",
  remediation:
    "apiVersion: apps/v1\nkind: StatefulSet   # or a Deployment whose strategy is Recreate\nspec:\n  replicas: 1   # more only where the servers replicate",
  admission: [
    {
      expression: cel`object.kind != "Deployment" || !${storeIs("mysql", "kafka", "redis-state")}
        || object.spec.?strategy.?type.orValue("RollingUpdate") == "Recreate"`,
      message: "a data store runs in a Deployment that starts the new server before the old one is gone",
    },
    {
      expression: cel`object.spec.?replicas.orValue(1) <= 1 || !${storeIs("postgres", "mysql", "redis-state")}
        || variables.pod.?containers.orValue([]).exists(server, ${words}.matches(${replication}))`,
      message: "a data store has several replicas, and nothing that replicates",
    },
  ],
  *check(object) {
    const kind = keptStoreKind(object);
    if (kind === undefined) return;
    const spec = (object.manifest["spec"] ?? {}) as { replicas?: number; strategy?: { type?: string } };
    // A Postgres in a Deployment is B05-postgres-stateful-set's.
    if (object.kind === "Deployment" && kind !== "postgres" && spec.strategy?.type !== "Recreate") {
      yield {
        path: "spec.strategy.type",
        message: `a data store (${kind}) runs in a Deployment that starts the new server before the old one is gone`,
      };
    }
    if ((spec.replicas ?? 1) <= 1 || kind === "kafka") return; // brokers replicate by themselves
    const { containers = [] } = podOf(object)?.spec ?? {};
    const told = containers.some(({ command = [], args = [], env = [] }) =>
      replication.test([...command, ...args, ...env.map(({ name }) => name)].join(" ")),
    );
    if (!told)
      yield {
        path: "spec.replicas",
        message: `a data store (${kind}) has ${spec.replicas} replicas, and nothing that replicates`,
      };
  },
};
