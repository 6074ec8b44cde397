/** A value as it is written behind a key of a mapping in block style, two spaces deep. */
const plain = [
  "", "~", "null", "Null", "NULL", "nULL", "true", "True", "TRUE", "tRue", "false", "False", "yes", "Yes", "YES", "yEs", "no", "No", "on", "On", "off", "OFF", "y", "Y", "n", "N",
  "0", "-0", "+1", "12", "-12", "012", "08", "0o17", "0O17", "0x1F", "0XfF", "-0x1f", "+0x1f", "0b101", "-0b11", "0b12", "1_000", "1__0", "_1", "1_", "0x_1F", "9007199254740991",
  "1.5", "1.", ".5", "-.5", "+.5", ".", "..", "1e3", "1E3", "1e+3", "1.5e-3", "e3", "1e", "1_0.5", "1.2.3", "0.0", "00", "007", "0_7", "0x", "0b", "0o", "- 1", "-", "--", "-a", "+", "+a",
  "12:30", "1:2:3", "2024-04-01", "2024-04-01T10:00:00Z", "2024-04-01 10:00:00", "500m", "500K", "128Mi", "1Gi", "50%", "80/tcp", "a/b:1", "a:b", "a: b", "a #b", "a#b", "#b",
  "'yes'", '"yes"', "'it''s'", '"a\\nb"', '"a\\tb"', '"\\x41"', '"\\u00e9"', '"\\/"', '"\\ "', '"\\q"', '"a', "'a", '"a"b', "'a'b", "@a", "`a", "%a", "!", "&", "*", "|", ">", "? a", ": a",
  "é", "日本", "a b", "a\tb", "a  ", "<<", "=", "{{ .Values.a }}", "'{{ .Values.a }}'", "$(A)", "${A}", "~/x", "null x", "true x", "1 2", "[", "{", "]", "}", ",", "a,b", "a]b", "a}b", "'#'",
  "!!str 12", "!!str yes", "!!str", "!!int 12", '!!int "12"', "!!int a", "!!float 1", "!!float 1.5", "!!bool yes", "!!bool a", "!!null null", "!!null a", "!!binary aGVsbG8=", "!!binary a",
  "!!timestamp 2024-04-01", "!own a", "!own 12", "! 12", "!<tag:yaml.org,2002:str> 12", "!!map {a: b}", "!!seq [a]", "!!set {a, b}", "!own {a: b}", "!own [a]", "!!str {a: b}",
];

/** Values of more than one line, or in flow style. */
const nested = [
  "[]", "{}", "[a]", "[a, b]", "[a, b,]", "[a,,b]", "[,]", "{a: b}", "{a: b,}", "{a}", "{a, b}", "{a: }", "{a: [b, {c: d}]}", "{a: b/c:1}", "{a: http://b/c}", "[a:b]", "[a: b]", '{"a":1}', '{"a": 1}',
  "{a:1}", "[-1]", "[a b]", "['a','b']", "{'a': b}", "[ a ]", "{ a : b }", "{? a : b}", "{a: &x b, c: *x}", "[a # b\n]", "[a,\n  b]", "[a,\nb]", "[\na,\nb\n]", "{\na: b\n}", "{a: b,\nc: d\n }",
  "[\n{a: b},\n# c\n{a: d}\n  ]", '"a\nb"', '"a\n  b"', '"a\n\nb"', '"a\\\n  b"', '"a \n b "', "'a\nb'", "'a\n\n  b'", '["a\nb",\nc]', "{a: 'b\nc'}", "[a", "{a: b", "[a}", "{a]", "[[a]]", "[[a],\n[b]]",
  "\n    a: b", "\n    - a\n    - b", "\n  - a\n  - b", "\n    a: b\n    a: c", "\n    a: b\n   c: d", "\n    - a\n   - b", "\n\n    a: b", "\n    # c\n    a: b", "\n    ? a\n    : b", "\n    ? [a]\n    : b",
  "\n    - - a\n      - b", "\n    - a: b\n      c: d", "\n    -\n      a: b", "\n    -\n    - a", "\n    1: a", "\n    1.5: a", "\n    yes: a", "\n    y: a", "\n    ~: a", "\n    0x10: a", "\n    '1': a", "\n    2024-04-01: a",
  "|\n    a\n    b", "|-\n    a\n    b\n", "|+\n    a\n\n", ">\n    a\n    b", ">\n    a\n\n    b\n     c\n    d", ">-\n    a\n", "|2\n      a", "|1\n   a", "|\n    a\n   b", "|\n\n    a", "|\n", "| # c\n    a", "|a\n    b",
  "|\n    a\tb", "\n\ta: b", "a\n    b", "a\n\n    b", "a\n    b: c", "a\n    # c\n    b", "&x a\n  other: *x", "&x [a]\n  other: *x", "&x {a: b}\n  other: *x", "*none", "&x {a: *x}", "&x a\n  other: &x b\n  third: *x",
];

/** What stands beside each other in a mapping, with merge keys in every place. */
const merges = ["<<: *m", "a: own", "c: own"].flatMap((first, index, all) => all.filter((_, other) => other !== index).flatMap((second) => [`${first}\n    ${second}`])).concat([
  "<<: [*m, *n]", "<<: [*n, *m]\n    a: own", "a: own\n    <<: [*n, *m]", "<<: {a: inline}\n    a: own", "a: own\n    <<: {a: inline}", "<<: *m\n    <<: *n", "<<: text", "<<: [text]", "<<: ~", "'<<': *m", "<<: *m\n    a: ~", "a: ~\n    <<: *m",
]);

/** Texts of whole documents, behind the three lines that make an object of them. */
const documents = [
  "spec: a\n", "spec: a", "spec: a\r\n", "spec: a\n# end", "spec: a\n...\n", "spec: a\n...\n# end\n", "# c\nspec: a", "spec:\n- a\n- b\n", "spec:\n  - a\n - b\n", "spec: a\n  b: c\n", " spec: a\n", "spec : a\n", "'spec': a\n", '"spec": a\n', "? spec\n: a\n",
  "spec: a\nspec: b\n", "spec: &x a\nmore: *x\n", "spec: a\n\n\nmore: b\n", "spec:\n\tb\n", "spec:\n\n\n", "spec: >\n\n\n  a\n", "spec: {\n}\nmore: b\n", "spec: [\n]\nmore: b\n", "spec: 'a\nmore: b'\n", "spec: [a\nmore: b]\n", "spec: \"a\n",
  "spec: a\u00a0b\n", "spec: a\u2028b\n", "spec: \u0001\n", "spec: \u{1F600}\n", 'spec: "\\ud83d\\ude00"\n', "spec: a\u0085b\n",
];

/** A small object, and how it is written. */
export interface Snippet {
  readonly name: string;
  readonly text: string;
}

const anchors = "anchors:\n  - &m {a: merged, b: merged}\n  - &n {a: other, c: other}\n";

/** Some hundred ways to write a value, each in an object of its own. */
export const snippets: readonly Snippet[] = [
  ...[...plain, ...nested].map((value) => `spec:\n  value: ${value}\n`),
  ...plain.filter((value) => !/^$|[#\n]/.test(value)).flatMap((value) => [`spec: {value: ${value}}\n`, `spec:\n  - ${value}\n`]),
  ...merges.map((lines) => `${anchors}spec:\n  value:\n    ${lines}\n`),
  ...documents,
].map((body, index) => {
  const name = `s${String(index).padStart(4, "0")}`;
  return { name, text: `apiVersion: example.com/v1\nkind: Snippet\nmetadata: { name: ${name} }\n${body}` };
});

const yaml = (name: string, end = "\n") => ["apiVersion: v1", "kind: ConfigMap", `metadata: { name: ${name} }`, ""].join(end);
const json = (name: string, space?: number) => JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } }, undefined, space);

/** Files of several objects, in the ways in which they are put together. */
export const files: readonly string[] = [
  `${yaml("a")}---\n${yaml("b")}`, `---\n${yaml("a")}---\n${yaml("b")}---\n`, `---\n---\n${yaml("a")}---\n# c\n---\n${yaml("b")}`, `${yaml("a")}--- # c\n${yaml("b")}`, `${yaml("a")}---  \t\n${yaml("b")}`,
  `${yaml("a", "\r\n")}---\r\n${yaml("b", "\r\n")}`, `${yaml("a")}...\n---\n${yaml("b")}`, `${yaml("a")}...\n${yaml("b")}`, `${yaml("a")}---\n\uFEFF${yaml("b")}`, `\uFEFF${yaml("a")}---\n${yaml("b")}`,
  `%YAML 1.1\n---\n${yaml("a")}`, `${yaml("a")}--- ${json("b")}\n`, `${yaml("a")}---\n${json("b")}\n---\n${yaml("c")}`, `${json("a")}\n---\n${yaml("b")}`, `${json("a")}\n${json("b")}\n`, `${json("a")}${json("b")}`,
  `${json("a", 2)}\n${json("b", 2)}`, `${json("a")}\n\n${json("b")}\n---\n${yaml("c")}`, `  ${json("a")}\n`, `${yaml("a")}data:\n  text: |\n    ---\n    x\n---\n${yaml("b")}`, `${yaml("a")}data:\n  text: "x\n---\n    y"\n---\n${yaml("b")}`,
  `${yaml("a")}----\n${yaml("b")}`, `apiVersion: v1\nkind: List\nitems:\n- ${json("a")}\n- ${json("b")}\n`, `null\n---\n${yaml("a")}`, `[${json("a")}]\n`,
];
