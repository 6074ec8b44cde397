import test from "ava";
import { documentsOf } from "../../../../policies/gates/check/documents.ts";
import { locate, stepsOf } from "../../../../policies/gates/check/locations.ts";

const text = [
  "# a comment",
  "---",
  "apiVersion: v1",
  "metadata:",
  "  labels:",
  '    "a.b/c": x',
  "spec:",
  "  empty:",
  "  list:",
  "    - name: one",
  "      deep: { flow: [1, 2] }",
  "    - &x",
  "      name: two",
  "  same: *x",
  "",
].join("\n");

/** `line:column` of a path in the text above. */
function at(path: string): string {
  const [document] = documentsOf("a.yaml", text);
  const { line, column } = locate(document!, [path])(path);
  return `${line}:${column}`;
}

test("a field is found by its path", (t) => {
  t.is(at('metadata.labels["a.b/c"]'), "6:5");
  t.is(at("spec.list[0].deep.flow[1]"), "11:25");
  t.is(at("spec.list[1].name"), "13:7");
  t.is(at("spec.empty"), "8:3");
});

test("a field that does not exist is found at its nearest parent, and at the document in the end", (t) => {
  t.is(at("spec.list[0].securityContext.privileged"), "10:7");
  t.is(at("spec.list[7].name"), "9:3");
  t.is(at("spec.empty.field"), "8:3");
  t.is(at("spec.same.name"), "14:3");
  t.is(at("status"), "3:1");
  t.is(at(""), "3:1");
});

test("a path is taken apart at dots, brackets and quotes", (t) => {
  t.deepEqual(stepsOf('metadata.annotations["production-platform/exception.X01"]'), [
    "metadata",
    "annotations",
    "production-platform/exception.X01",
  ]);
  t.deepEqual(stepsOf("spec.egress[0].to[12].ipBlock"), ["spec", "egress", "0", "to", "12", "ipBlock"]);
  t.deepEqual(stepsOf(""), []);
});
