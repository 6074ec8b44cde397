import { testCommand } from "./support/test-command.ts";

await testCommand("test");
