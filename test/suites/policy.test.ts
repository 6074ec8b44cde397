import { suite } from "../support/suite.ts";

// Stacks come last: unit has rendered them by then.
await suite("policy", "policy/check", "policy/commands", "policy/stacks");
