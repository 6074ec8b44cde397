import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ensureToolchain } from "../cluster/toolchain.ts";
import { comparedLines } from "./support/changed-values.ts";
import { checkout } from "./support/checkout.ts";
import { checkoutPreviewWorkspace, previewArguments } from "./support/checkout-preview.ts";
import { npmCommand } from "./support/command.ts";
import { earlierStack } from "./support/earlier-stack.ts";
import { reportLines } from "./support/preview-report.ts";
import { summarize, toMarkdown } from "./support/preview-summary.ts";
import { pulumi, selectStack } from "./support/pulumi.ts";
import { runLog } from "./support/run-log.ts";

const program = npmCommand(
  "preview",
  "What changes is shown against what this checkout's last update left, or against the last commit where the stack was not brought up from here.",
)
  .option("--stack <name>", "stack to preview: the file Pulumi.<name>.yaml", "dev")
  .option("--against <commit>", "show what changes against this commit")
  .option("--advice", "show advice, notes and verdicts that are not evaluated, which are counted otherwise")
  .option("--markdown <file>", "also write a summary for a pull request")
  .addHelpText(
    "after",
    "\nExit codes: 0 the preview passes, 1 it fails or a policy blocks it, 2 wrong usage.\nExample: npm run preview -- --stack prod --against origin/main --markdown preview.md",
  )
  .parse();
const {
  stack,
  against,
  advice = false,
  markdown,
} = program.opts<{ stack: string; against?: string; advice?: boolean; markdown?: string }>();

// An empty backend and no kubeconfig: the verdict depends on the checkout alone, wherever it runs.
const folder = mkdtempSync(join(tmpdir(), "platform-preview-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

try {
  const started = performance.now();
  await ensureToolchain({ parts: "pulumi" });
  const workspace = checkoutPreviewWorkspace(folder, stack);
  await selectStack(stack, workspace);
  const log = runLog(stack, "preview");
  process.on("exit", () => log.close());
  const run = pulumi(previewArguments(stack), workspace, { log: log.descriptor, events: log.events });
  const [{ code }, earlier] = await Promise.all([run, earlierStack(stack, folder, against)]);
  const events = existsSync(log.events) ? readFileSync(log.events, "utf8") : "";
  const summary = summarize(events, { stack, seconds: (performance.now() - started) / 1000, passed: code === 0 });
  if (events === "") console.log(log.tail(20).join("\n")); // the engine ended before it did anything
  // What a program that failed declared is no whole stack.
  const compared = summary.errors.length > 0 ? [] : comparedLines(summary.declared, earlier);
  if (markdown) writeFileSync(resolve(process.env["INIT_CWD"] ?? checkout, markdown), toMarkdown(summary, compared));
  console.log(reportLines(summary, { compared, advice, log: log.file }).join("\n"));
  process.exitCode = code === 0 ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
