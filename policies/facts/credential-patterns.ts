/*
 * Which names and values mean a credential. Every pattern is one that RE2 understands too (no look-around, no back-reference), so that the
 * API server reads with the very same ones.
 */

const anywhere = [
  "password",
  "passwd",
  "passphrase",
  "(?:auth|access|bearer|refresh)token",
  "clientsecret",
  "(?:api|access|secret|private|signing|encryption)[._-]?key",
  "redis(?:cli)?_auth",
  "secret_key_base",
  "requirepass",
  "masterauth",
].join("|");
const asAWord = "pwd|pass|token|secret|credentials?|userpass";
const numbered = "(?:[._-]?(?:value|\\d+))?";

/**
 * Names of credentials: the credential word must end the name, so that `PASSWORD_FILE`, `SECRET_NAME` and
 * `TOKEN_BUCKET_SIZE` are about
 * something else, while `DB_PASSWORD`, `PGPASSWORD`, `apiKey`, `SECRET_KEY_BASE` and `spring.datasource.password` are
 * credentials.
 */
export const credentialName = new RegExp(`(?:${anywhere}|(?:^|[._-])(?:${asAWord}))${numbered}$`, "i");

const harmless =
  "[\"']?(?:true|false|yes|no|on|off|null|none|~)?[\"']?$|[\"']?(?:\\$|\\{\\{|<|%\\(|\\/|\\.\\/|file:|env:|@)";

/**
 * Values that switch something, or only point at where the credential is: a variable, a template, a path, a
 * place-holder.
 */
export const notACredential = new RegExp(`^(?:${harmless})`, "is");

/** Values that carry a credential whatever their name, and what to call it. */
const carriers: readonly (readonly [words: string, pattern: string])[] = [
  ["a URL with a password", "[a-z][a-z0-9+.-]*:\\/\\/[^\\s:/@\"']*:(?:[^\\s@/\"'$<{*]|\\*+[^\\s@/\"'*])[^\\s@/\"']*@"],
  ["a URL with a password", "[?&;](?:password|pwd)=[^&;\\s\"'$<{*]"],
  ["a private key", "-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY"],
  ["a token", "\\b(?:gh[oprsu]_[a-z0-9]{36}|github_pat_[a-z0-9_]{22}|glpat-[a-z0-9_-]{20}|xox[abprs]-[a-z0-9-]{10})"],
  ["a token", "\\b(?:npm_[a-z0-9]{36}|sk_live_[a-z0-9]{24}|eyJ[a-z0-9_-]{10,}\\.eyJ[a-z0-9_-]{10,}\\.)"],
];

/** Any value that carries a credential whatever its name. */
export const carriesCredential = new RegExp(carriers.map(([, pattern]) => pattern).join("|"), "i");

const named = carriers.map(([words, pattern]) => [words, new RegExp(pattern, "i")] as const);

/**
 * What of a credential a value carries whatever its name: `a URL with a password`, `a private key`, `a token`;
 * undefined for none.
 */
export function credentialIn(value: string): string | undefined {
  return named.find(([, pattern]) => pattern.test(value))?.[0];
}

/** Whether a name and its plain value are a credential. */
export function isCredential(name: string, value: string): boolean {
  return (credentialName.test(name) && !notACredential.test(value)) || carriesCredential.test(value);
}

const before = "[\\s;&|(\"']?-{0,2}";

/** Flags with a value and assignments in a command line. A flag followed by another flag has no value of its own. */
export const commandPairs = [
  /(?:^|[\s"'])--?[A-Za-z][\w.-]*(?:=|\s+)["']?[^\s"'-][^\s"']*/,
  /(?:^|[\s;&|("'])[A-Za-z_]\w*=["']?[^\s;&|)"']+/,
] as const;

/** Those of {@link commandPairs} whose name means a credential. */
export const namesCredential = new RegExp(
  `^${before}(?:[\\w.-]*(?:${anywhere})|(?:[\\w.-]*[._-])?(?:${asAWord}))${numbered}(?:=|\\s+)`,
  "i",
);

/** Those of {@link commandPairs} whose value is none. */
export const valuedHarmlessly = new RegExp(`^${before}[\\w.-]+(?:=|\\s+)(?:${harmless})`, "is");

/**
 * What in a command line is a credential: the names of flags and assignments, or what its text carries. Never the
 * value.
 */
export function credentialsInCommand(words: readonly string[]): string[] {
  const line = words.join(" ");
  const pairs = commandPairs.flatMap((pattern) => line.match(new RegExp(pattern, "g")) ?? []);
  const found = pairs
    .filter((pair) => namesCredential.test(pair) && !valuedHarmlessly.test(pair))
    .flatMap((pair) => /[A-Za-z_][\w.-]*/.exec(pair)?.[0].replace(/^D(?=[a-z][\w.-]*$)/, "") ?? []);
  return [...new Set([...found, ...[credentialIn(line)].filter((carried) => carried !== undefined)])];
}
