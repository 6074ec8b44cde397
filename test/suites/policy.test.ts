import { suite } from "../support/suite.ts";

// Stacks come last: beside unit, it has rendered them by then.
await suite("policy", "policy/check", "policy/commands", "policy/profiles", "policy/stacks");
