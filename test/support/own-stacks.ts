import { ownStacks } from "./suite.ts";

// As a program: what `npm test` does on the second core while the first one checks types.
await ownStacks();
