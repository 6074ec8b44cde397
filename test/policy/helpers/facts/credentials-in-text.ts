import { examplesOf } from "../example.ts";

type Texts = typeof import("../../../../policies/facts/credentials-in-text.ts");

const found =
  (...texts: readonly string[]) =>
  ({ credentialsInText }: Texts) =>
    texts.map((text) =>
      credentialsInText(text)
        .map(({ name, line }) => `${name} ${line}`)
        .join(", "),
    );
const inFiles =
  (...names: readonly string[]) =>
  ({ credentialsInFile }: Texts) =>
    names.map((name) => credentialsInFile(name, "password: s3cret").length);
const words = (count: number) => `"password": "${"a".repeat(count)} password"`;

export const credentialsInText = examplesOf<Texts>("policies/facts/credentials-in-text.ts", {
  "a setting's line is counted from zero, and each name is said once": [
    found("a: 1\npassword: s3cret\nuser: x\npassword: other\ntoken: t0ken"),
    ["password 1, token 4"],
  ],
  "settings are read in every manner of writing them": [
    found(
      "password: s3cret",
      "- password = s3cret,",
      "export DB_PASSWORD=s3cret",
      "set PASSWORD=s3cret",
      '"password": "s3cret"',
      "requirepass s3cret",
      "masterauth s3cret",
    ),
    ["password 0", "password 0", "DB_PASSWORD 0", "PASSWORD 0", "password 0", "requirepass 0", "masterauth 0"],
  ],
  "a line is read where it holds several": [
    found(
      "{user: x, password: s3cret}",
      'a = "1", token = "abc"',
      "java -Ddb.password=s3cret",
      '<user name="x" password="s3cret"/>',
      "<password>s3cret</password>",
    ),
    ["password 0", "token 0", "db.password 0", "password 0", "password 0"],
  ],
  "a name and its value are read from two fields, of one line or of two": [
    found(
      "name: DB_PASSWORD\nvalue: s3cret",
      '{"name": "DB_PASSWORD", "value": "s3cret"}',
      "name: DB_PASSWORD\nother: x\nvalue: s3cret",
      "name: DB_USER\nvalue: s3cret",
      "name: DB_PASSWORD\n\nvalue: s3cret",
    ),
    ["DB_PASSWORD 1", "DB_PASSWORD 0", "", "", ""],
  ],
  "comments hold no credential": [
    found("# password: s3cret", "  // password: s3cret", "; password: s3cret", "password: s3cret # changed"),
    ["", "", "", "password 0"],
  ],
  "a value that carries a credential needs no name of one": [
    found(
      "url: https://me:s3cret@db/x",
      `x: ghp_${"a".repeat(36)}`,
      "-----BEGIN PRIVATE KEY-----",
      "curl https://me:s3cret@db/x",
      `say ghp_${"a".repeat(36)}`,
      "url: https://db/x",
    ),
    ["url 0", "x 0", "a private key 0", "a URL with a password 0", "a token 0", ""],
  ],
  "a name is said, and not what its value carries": [found("password: https://me:s3cret@db/x"), ["password 0"]],
  "lists, references and placeholders are no credential": [
    found(
      "password: [a]",
      "password: {a: 1}",
      "password: |",
      "password: ENC(abc)",
      "password: vault:abc",
      "password: __PASSWORD__",
      "password: %PASSWORD%",
      "password: #{x}",
      "password: replace-me",
      "password: placeholder",
      "password: ${X}",
    ),
    Array(11).fill(""),
  ],
  "words for people are no credential, unless they are longer than any": [
    found('"password": "Your password"', '"password": "the secret"', words(188), words(189), words(190)),
    ["", "", "", "password 0", "password 0"],
  ],
  "a text without a word of credentials is not read, and lines without one neither": [
    found("user: x\nport: 1", "user: x\npassword: s3cret\nuser: y"),
    ["", "password 1"],
  ],
  "programs and pages hold variables, not settings": [
    inFiles("a.js", "a.mts", "a.tsx", "a.lua", "a.py", "a.sql", "a.html", "a.md", "A.JS"),
    Array(9).fill(0),
  ],
  "configuration files hold settings": [inFiles("a.yaml", "a.json", "a.conf", "js", "a.js.txt"), Array(5).fill(1)],
});
