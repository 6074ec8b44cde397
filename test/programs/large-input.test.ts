import test from "ava";
import { checkFiles, places, privilegedPod, problems } from "../policy/gates/check/checking.ts";

test("50 MB are read in one piece, and a document of millions of values is refused", async (t) => {
  const line = `    ${"x".repeat(796)}\n`;
  const text = `${privilegedPod("good")}---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: large }\ndata:\n  text: |\n${line.repeat(65_000)}`;
  const values = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: many }\ndata: [${",".repeat(10_000_000)}]\n`;
  const checked = await checkFiles({ "text.yaml": text, "values.yaml": values }, { rules: ["X01-privileged"] });
  t.deepEqual(places(checked), ["text.yaml:9:9 Pod data/good [X01-privileged]"]);
  t.deepEqual(problems(checked), ["values.yaml:1:1 holds more than 10 million values: split it"]);
  t.is(checked.report.counts.objects, 2);
});
