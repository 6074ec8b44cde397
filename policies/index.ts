import { createRequire } from "node:module";
import { PolicyPack } from "@pulumi/policy";
import { Config } from "@pulumi/pulumi";
import { crossGuardPolicies } from "./cross-guard.ts";
import { deserializeOnceAResource, type PolicySdk } from "./once-a-resource.ts";
import { parseSettings } from "./settings.ts";

const today = new Date().toISOString().slice(0, 10);

try {
  deserializeOnceAResource(createRequire(import.meta.url)("@pulumi/policy/deserialize.js") as PolicySdk);
  // The engine hands a pack the configuration of the stack: the settings are its object `policies`.
  const settings = parseSettings(new Config().getObject("policies"));
  new PolicyPack("production-platform", {
    displayName: "Production platform",
    enforcementLevel: "mandatory",
    policies: crossGuardPolicies(today, settings),
  });
} catch (error) {
  // Thrown further, it would be printed with its stack trace.
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
