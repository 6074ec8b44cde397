import { credentialIn, isCredential } from "./credential-patterns.ts";

/** A credential in a text: what it is called, and the line, counted from 0. */
export interface FoundCredential {
  readonly name: string;
  readonly line: number;
}

/** Files whose text is a program or a query: `token = …` there is a variable, not a setting. */
const code = /\.(?:[cm]?[jt]sx?|lua|py|sql|map|css|html?|wasm|svg|md)$/i;

const comment = /^\s*(?:#|\/\/|;)/;
const setting = /^\s*(?:-\s+)?(?:export\s+|set\s+)?["']?(?<name>[\w.-]+)["']?\s*[:=]\s*(?<value>\S.*?)\s*,?\s*$/;
const directive = /^\s*(?<name>requirepass|masterauth)\s+(?<value>\S+)/i;

/** Names with a value anywhere in a line: JSON, flow YAML, TOML, attributes of XML, options of a Java program. */
const inline =
  /(?:^|[\s{,;&?("'<-])["']?(?<name>[A-Za-z_][\w.-]*)["']?(?:\s*=\s*|:\s*|\s+:\s+)(?<value>"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;{}[\]"'<>&]+)/g;
/** An element of XML that holds nothing but a text. */
const element = /<(?<name>[A-Za-z_][\w.-]*)(?:\s[^<>]*)?>(?<value>[^<>]+)<\//g;
/** A name and its value as two fields, one behind the other. */
const nameField = /["']?\bname["']?\s*[:=]\s*["']?(?<name>[\w.-]+)["']?\s*,?\s*$/i;
const valueField = /^\s*["']?value["']?\s*[:=]\s*(?<value>\S.*?)\s*,?\s*$/i;
const nameAndValue =
  /["']?\bname["']?\s*[:=]\s*["']?(?<name>[\w.-]+)["']?\s*,\s*["']?value["']?\s*[:=]\s*(?<value>"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;{}[\]"']+)/gi;

/**
 * Values that are no credential although their name says so: a list, a mapping, what a command prints, what is
 * encrypted, and what somebody replaces.
 */
const elsewhere =
  /^["']?(?:[[{`|>&*!]|(?:ENC|vault|secret|cipher|var|env)[(:]|__\w+__|%\w+%|#(?:\{|$)|replace[-_ ]?(?:me|with|this)\b|place-?holder\b)/i;
/**
 * What every credential's line has, or the one before it: reading all others by each pattern would take most of a
 * check's time.
 */
const hint =
  /passw|passphrase|pwd|pass|token|secret|key|credential|auth|:\/\/|-----BEGIN|gh[oprsu]_|github_pat_|glpat-|xox|npm_|sk_live_|eyJ/i;
/** Longer values are no words for people. */
const longestLabel = 200;
/** Words for people, as in `"password": "Your password"`. */
const label =
  /\b(?:pass(?:word|phrase)?|token|key|secret|credentials?)\b.*\s|\s.*\b(?:pass(?:word|phrase)?|token|key|secret|credentials?)\b/i;

/** What in a configuration file is a credential, each name once; files that hold code are not read. */
export function credentialsInFile(fileName: string, text: string): FoundCredential[] {
  return code.test(fileName) ? [] : credentialsInText(text);
}

/** What in a text of several settings is a credential, each name once. */
export function credentialsInText(text: string): FoundCredential[] {
  if (!hint.test(text)) return [];
  const found = new Map<string, FoundCredential>();
  let before: string | undefined; // the line before, where it may name a credential
  for (const [line, content] of text.split("\n").entries()) {
    const isHinted = hint.test(content);
    if ((!isHinted && before === undefined) || comment.test(content)) continue;
    for (const name of credentialsInLine(content, before ?? "")) if (!found.has(name)) found.set(name, { name, line });
    before = isHinted ? content : undefined;
  }
  return [...found.values()];
}

function credentialsInLine(line: string, before: string): string[] {
  const whole = (setting.exec(line) ?? directive.exec(line))?.groups;
  const pairs = [
    ...(whole === undefined ? [] : [whole]),
    ...[inline, element, nameAndValue].flatMap((pattern) => [...line.matchAll(pattern)].map(({ groups }) => groups!)),
  ];
  const { name } = nameField.exec(before)?.groups ?? {};
  const { value } = valueField.exec(line)?.groups ?? {};
  if (name !== undefined && value !== undefined) pairs.push({ name, value });
  const named = pairs
    .filter((pair) => isSecret(pair["name"]!, pair["value"]!))
    .map((pair) => pair["name"]!.replace(/^D(?=[a-z])/, ""));
  const carried = credentialIn(line);
  return named.length > 0 ? [...new Set(named)] : carried === undefined ? [] : [carried];
}

function isSecret(name: string, value: string): boolean {
  return !elsewhere.test(value) && !(value.length < longestLabel && label.test(value)) && isCredential(name, value);
}
