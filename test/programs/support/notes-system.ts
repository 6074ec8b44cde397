/** A system of one image and nothing else: what a sixth one needs at least. */
export const notesSystem = `import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { server } from "../../capabilities/program.ts";
import { application, programSources } from "../application.ts";
import { securedNamespace, type SystemNetwork } from "../secured-namespace.ts";
import { applications, quota } from "../setting-types.ts";
import { stateOf } from "../stores.ts";
import { defineSystem } from "../system.ts";
import type { SystemContext, Target } from "../target.ts";

const namespace = "notes";
const settings = z.strictObject({ applications: applications(["web"]), quota: quota({ cpu: "1", memory: "2Gi", storage: "1Gi", pods: 10 }) });
type Settings = z.output<typeof settings>;

const network = (): SystemNetwork => ({ flows: [], others: ["notes-web"], metrics: { "notes-web": 8080 } });

const target: Target = {
  system: "notes",
  namespace,
  workloads: [{ kind: "Deployment", name: "notes-web", replicas: 2 }],
  dataStores: [],
  endpoints: [{ name: "Web", service: "notes-web", port: 8080, health: "/health" }],
  objectives: {},
};

class Notes extends pulumi.ComponentResource {
  constructor(own: Settings, context: SystemContext, options: pulumi.ComponentResourceOptions) {
    super("platform:system:Notes", "notes", {}, options);
    const { inside, guarded } = securedNamespace(this, namespace, own.quota, network(), context);
    application("notes-web", {
      namespace,
      port: 8080,
      program: server(programSources("notes", own.applications, namespace, inside)("notes-web", "web"), { readiness: "/health" }),
      replicas: { fixed: 2 },
      resources: { cpuRequest: "10m", cpuLimit: "100m", memoryRequest: "32Mi", memoryLimit: "64Mi" },
    }, guarded);
    this.registerOutputs({ target });
  }
}

export const notes = defineSystem({
  namespace,
  settings,
  network,
  state: () => stateOf([]),
  create: (own, context, options) => {
    new Notes(own, context, options);
    return target;
  },
});
`;
