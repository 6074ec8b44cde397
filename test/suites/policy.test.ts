import { suite } from "../support/suite.ts";

// Stacks come last: beside unit, it has rendered them by then.
await suite(
  "policy",
  "policy/model",
  "policy/facts",
  "policy/cel",
  "policy/engine",
  "policy/gates/pulumi",
  "policy/gates/check",
  "policy/gates/admission",
  "policy/commands",
  "policy/profiles",
  "policy/stacks",
);
