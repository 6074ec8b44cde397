import test from "ava";
import { anyOf, cel, piece } from "../../../policies/cel/template.ts";
import { evaluateCel } from "../support/cel.ts";

test("a template of CEL quotes texts, lists and patterns, and puts other pieces in as they are", (t) => {
  const list = cel`object.names`;
  t.is(
    `${cel`${list}.exists(name, name == ${'a "b"'} || name in ${["c", "d"]} || name.matches(${/^e\d$/i}) || ${1.5} < 2)`}`,
    String.raw`object.names.exists(name, name == "a \"b\"" || name in ["c","d"] || name.matches("(?i)^e\\d$") || 1.5 < 2)`,
  );
  t.is(`${anyOf([cel`a`, cel`b == ${true}`])}`, "a || b == true");
  t.is(`${cel`object.${piece("spec")}`}`, "object.spec");
});

test("line breaks of a template are spaces or nothing in CEL, and its backslashes are CEL's own", (t) => {
  const expression = cel`(
    object.text.split("\n")
      .all(line, line != ""
        || line.size() == 0)
  )`;
  t.is(`${expression}`, String.raw`(object.text.split("\n").all(line, line != "" || line.size() == 0))`);
  t.true(evaluateCel(`${expression}`, { object: { text: "one\ntwo" } }));
});
