import { stringify } from "yaml";
import { choice } from "../../../settings/nearest-name.ts";
import { rightsOfActing } from "../rights.ts";
import { UsageError } from "../errors.ts";
import type { PrintingVerb, Right, Verb } from "../verb.ts";

/** Prints the least rights of a verb as a Role. */
export const rightsVerb = (all: () => readonly Verb[]): PrintingVerb => ({
  kind: "prints",
  name: "rights",
  summary:
    "Print a Role with the least rights that a verb needs in the namespace of a system, to be applied there and bound to who is to use it.",
  names: [{ form: "<verb>", description: "a verb of this command" }],
  options: [],
  rights: [],
  examples: ["rights backup | kubectl apply -n data -f -"],
  print({ names: [name = ""] }) {
    const asking = all().filter(({ rights }) => rights.length > 0);
    const verb = asking.find((each) => each.name === name);
    if (verb === undefined)
      throw new UsageError(
        `there is no verb "${name}" that asks a cluster; ${choice(
          name,
          asking.map((each) => each.name),
        )}`,
      );
    const more = verb.more?.(withEverything) ?? [];
    const rights: readonly Right[] = [...verb.rights, ...more, ...(verb.kind === "reads" ? [] : rightsOfActing)];
    const note =
      more.length > 0 ? `# Not every system needs ${more.map(({ resource }) => resource).join(", ")}.\n` : "";
    const beyond = verb.clusterRights ? [role("ClusterRole", name, verb.clusterRights)] : [];
    return `${note}${[role("Role", name, rights), ...beyond].join("---\n")}`;
  },
});

const role = (kind: "Role" | "ClusterRole", verb: string, rights: readonly Right[]): string =>
  stringify({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind,
    metadata: { name: `runbook-${verb}` },
    rules: rights.map(({ group, resource, verbs }) => ({
      apiGroups: [group],
      resources: [resource],
      verbs: [...verbs],
    })),
  });

/** A system with all that a verb may ask more rights for. */
const withEverything = {
  system: "",
  namespace: "",
  workloads: [
    { kind: "StatefulSet", name: "kafka", replicas: 3 },
    { kind: "Deployment", name: "bots-webserver", replicas: 2 },
  ],
  dataStores: [{ kind: "kafka", name: "kafka", service: "kafka", port: 9092 }],
  endpoints: [],
  objectives: {},
} as const;
