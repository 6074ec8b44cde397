import { createInterface } from "node:readline/promises";
import { ownTerminal } from "./support/command.ts";
import { runbookCommand } from "./support/runbook-command.ts";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(130); // asked twice: it ends without a word about how things are
    process.stderr.write("\nstopping at the next look; once more ends it at once\n");
    stop.abort();
  });
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  lines.on("SIGINT", () => process.emit("SIGINT"));
  try {
    return await lines.question(question, { signal: stop.signal });
  } finally {
    lines.close();
  }
}

const person = process.stdin.isTTY && process.stderr.isTTY;
process.exitCode = await runbookCommand(process.argv.slice(2), {
  ...ownTerminal(),
  signal: stop.signal,
  ask: person ? ask : undefined,
});
