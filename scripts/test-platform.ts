import { testCommand } from "./support/test-command.ts";

await testCommand(
  "test:platform",
  "Run the tests that need more than Node.js, level by level: bring the platform up, and take down what was brought up.",
);
