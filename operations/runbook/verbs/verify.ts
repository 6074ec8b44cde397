import { verify as verified } from "../../verify.ts";
import { type Fact, no, notMeasured, yes } from "../fact.ts";
import type { ReadingVerb } from "../verb.ts";

/**
 * Asks every workload, endpoint, public host and backup of a system, and names each objective that nothing measures
 * (T08, B17).
 */
export const verify: ReadingVerb = {
  kind: "reads",
  name: "verify",
  summary:
    "Ask every workload, health endpoint, public host and backup of a system whether it is as declared; objectives that nothing here measures are named.",
  names: [],
  options: [],
  rights: [
    { group: "apps", resource: "deployments", verbs: ["get"] },
    { group: "apps", resource: "statefulsets", verbs: ["get"] },
    { group: "batch", resource: "cronjobs", verbs: ["get"] },
    { group: "batch", resource: "jobs", verbs: ["list"] },
    { group: "networking.k8s.io", resource: "ingresses", verbs: ["list"] },
    { group: "", resource: "pods", verbs: ["list"] },
    { group: "", resource: "pods/portforward", verbs: ["create", "get"] },
    { group: "", resource: "secrets", verbs: ["get"] },
    { group: "", resource: "services", verbs: ["get"] },
  ],
  examples: ["verify", "verify techbra-ecommerce --strict"],
  async look(target, { kubeConfig, simulated, patience, signal }) {
    const facts: Fact[] = [];
    for await (const { checks, unchecked } of verified([target], kubeConfig, {
      simulated,
      ingress: false,
      patience,
      signal,
    })) {
      facts.push(
        ...checks.map(({ name, passed, measured = true, detail }) =>
          (passed ? yes : measured ? no : notMeasured)(name, detail),
        ),
      );
      facts.push(...unchecked.map((name) => notMeasured(name, "the node is simulated, where no container runs")));
    }
    return {
      facts: [
        ...facts,
        ...Object.entries(target.objectives).map(([name, value]) =>
          notMeasured(
            `objective ${name} ${value}`,
            name === "errorsPerHour" ? `see "runbook logs ${target.system}"` : "the stack has no metrics of it",
          ),
        ),
      ],
    };
  },
};
