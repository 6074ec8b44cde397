import { PolicyPack } from "@pulumi/policy";
import { crossGuardPolicies } from "./cross-guard.ts";

const today = new Date().toISOString().slice(0, 10);

new PolicyPack("production-platform", {
  displayName: "Production platform",
  enforcementLevel: "mandatory",
  policies: crossGuardPolicies(today),
});
