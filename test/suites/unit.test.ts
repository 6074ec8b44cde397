import { ownStacks, suite } from "../support/suite.ts";

await ownStacks();
await suite(
  "unit/components",
  "unit/systems",
  "unit/docs",
  "unit/scripts",
  "unit/settings",
  "unit/cluster",
  "unit/workloads",
  "unit/operations",
  "unit/operations/runbook",
  "unit/patches",
  "unit/alerts",
);
