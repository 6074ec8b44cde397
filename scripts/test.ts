import { testCommand } from "./support/test-command.ts";

await testCommand("test", "Run the tests that need nothing but Node.js, level by level.");
