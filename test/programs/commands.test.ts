import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { loadAll } from "js-yaml";
import { checkout } from "../../scripts/support/checkout.ts";
import { privilegedPod } from "../policy/check/checking.ts";

test("check reads standard input and files from where npm was called, and what another program reads stays alone on standard output", async (t) => {
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

test("admission render writes all of its manifests through a pipe, and says the rest where a pipe does not see it", async (t) => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(checkout, "scripts/admission.ts"), "render", "--mode", "audit"], { maxBuffer: 64 * 2 ** 20 });
  const [, guarded, bindings] = /^(\d+) of \d+ rules as admission policies, (\d+) bindings, 0 of which refuse$/m.exec(stderr) ?? [];
  const kinds = Object.groupBy(loadAll(stdout).map((document) => (document as { kind: string }).kind), (kind) => kind);
  t.deepEqual(Object.entries(kinds).map(([kind, all]) => [kind, all!.length]), [["ValidatingAdmissionPolicy", Number(guarded)], ["ValidatingAdmissionPolicyBinding", Number(bindings)]]);
});
