import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { checkout } from "../../scripts/support/checkout.ts";
import { checkFiles, places, privilegedPod, problems } from "../policy/check/checking.ts";

test("as a program it reads standard input and files from where npm was called, and what another program reads stays alone on standard output", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "check-process-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "good.yaml"), privilegedPod("good").replace("true", "false"));
  const child = spawn(process.execPath, [join(checkout, "scripts/check.ts"), "-", "good.yaml", "--rules", "X01-privileged", "--format", "json"], { env: { ...process.env, INIT_CWD: folder } });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) child[name].setEncoding("utf8").on("data", (text: string) => (output[name] += text));
  child.stdin.end(privilegedPod("piped"));
  t.is(await new Promise((resolve) => child.on("close", resolve)), 1);
  t.like(JSON.parse(output.stdout), { findings: [{ file: "stdin", line: 9, object: { ref: "Pod data/piped" } }] });
  t.regex(output.stderr, /^check BLOCKED by 1 finding: 2 objects/);
});

test("50 MB are read in one piece, and a document of millions of values is refused", async (t) => {
  const line = `    ${"x".repeat(796)}\n`;
  const text = `${privilegedPod("good")}---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: large }\ndata:\n  text: |\n${line.repeat(65_000)}`;
  const values = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: many }\ndata: [${",".repeat(10_000_000)}]\n`;
  const checked = await checkFiles({ "text.yaml": text, "values.yaml": values }, { rules: ["X01-privileged"] });
  t.deepEqual(places(checked), ["text.yaml:9:9 Pod data/good [X01-privileged]"]);
  t.deepEqual(problems(checked), ["values.yaml:1:1 holds more than 10 million values: split it"]);
  t.is(checked.report.counts.objects, 2);
});
