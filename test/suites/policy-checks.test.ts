import "../../policies/check/check.ts"; // first, so that the stacks' suite is the one that renders: it needs Pulumi anyway
import { ownStacks, suite } from "../support/suite.ts";

await ownStacks();
await suite("policy/stacks", "policy/check", "policy/commands");
