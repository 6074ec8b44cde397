#!/usr/bin/env node
// What `npx runbook` starts, on whichever Node.js is there: run.mjs hands over to the project's own.
process.argv.splice(2, 0, "runbook");
await import("./run.mjs");
