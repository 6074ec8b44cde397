import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ensureToolchain } from "../cluster/toolchain.ts";
import { checkout } from "./support/checkout.ts";
import { checkoutPreviewWorkspace, previewArguments } from "./support/checkout-preview.ts";
import { command } from "./support/command.ts";
import { type PreviewSummary, summarize, toMarkdown } from "./support/preview-summary.ts";
import { pulumi, selectStack } from "./support/pulumi.ts";

const program = command("npm run preview --")
  .description("Preview a whole stack under the policy pack, as if nothing of it existed yet. Needs no cluster and changes nothing.")
  .option("--stack <name>", "stack to preview: the file Pulumi.<name>.yaml", "dev")
  .option("--markdown <file>", "also write a summary for a pull request")
  .addHelpText("after", "\nExit codes: 0 the preview passes, 1 it fails or a policy blocks it, 2 wrong usage.\nExample: npm run preview -- --stack prod --markdown preview.md")
  .parse();
const { stack, markdown } = program.opts<{ stack: string; markdown?: string }>();

// An empty backend and no kubeconfig: the verdict depends on the checkout alone, wherever it runs.
const folder = mkdtempSync(join(tmpdir(), "platform-preview-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

try {
  const started = performance.now();
  await ensureToolchain({ parts: "pulumi" });
  const { folder: project, env } = checkoutPreviewWorkspace(folder, stack);
  const workspace = { folder: project, env: { ...env, PULUMI_DEBUG_COMMANDS: "true" } }; // makes the CLI accept --event-log
  await selectStack(stack, workspace);
  const events = join(folder, "events.jsonl");
  const { code } = await pulumi([...previewArguments(stack), "--event-log", events], workspace);
  const summary = summarize(readFileSync(events, "utf8"), { stack, seconds: (performance.now() - started) / 1000, passed: code === 0 });
  if (markdown) writeFileSync(resolve(process.env["INIT_CWD"] ?? checkout, markdown), toMarkdown(summary));
  report(summary);
  process.exitCode = code === 0 ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function report({ passed, creates, blocking, advisory, seconds }: PreviewSummary): void {
  console.log(`\npreview of stack ${stack} ${passed ? "passes" : "is BLOCKED"}: ${creates} resources, ${blocking.length} violations, ${advisory.length} advisory, ${seconds.toFixed(1)} s`);
  if (!passed && blocking.length === 0) console.log("no policy blocked it: the error stands above");
  console.log(passed ? "next: npm run up" : "next: mend what is named above and preview again");
}
