/**
 * Which names mean a credential: the credential word must end the name, so that `PASSWORD_FILE`, `SECRET_NAME` and `TOKEN_BUCKET_SIZE` are
 * about something else, while `DB_PASSWORD`, `PGPASSWORD`, `apiKey`, `SECRET_KEY_BASE` and `spring.datasource.password` are credentials.
 */
const credentialName =
  /(?:password|passwd|passphrase|(?:^|[._-])(?:pwd|pass|token|secret|credentials?|userpass)|(?:auth|access|bearer|refresh)token|clientsecret|(?:api|access|secret|private|signing|encryption)[._-]?key|redis(?:cli)?_auth|secret_key_base|requirepass|masterauth)(?:[._-]?(?:value|\d+))?$/i;

/** Values that switch something, or only point at where the credential is: a variable, a template, a path, a place-holder. */
const notACredential = /^(?:|["']{2}|true|false|yes|no|on|off|null|none|~|["']?(?:\$|\{\{|<|%\(|\/|\.\/|file:|env:|@).*)$/is;

const userinfo = /[a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*:(?![$<{]|\*+@)[^\s@/"']+@/i;
const connectionParameter = /[?&;](?:password|pwd)=(?![$<{*])[^&;\s"']+/i;

/** Files whose text is a program or a query: `token = …` there is a variable, not a setting. */
const code = /\.(?:[cm]?[jt]sx?|lua|py|sql|map|css|html?|wasm|svg|md)$/i;

const setting = /^\s*(?:export\s+|set\s+)?["']?(?<name>[\w.-]+)["']?\s*[:=]\s*(?<value>\S.*?)\s*,?\s*$/;
const directive = /^\s*(?<name>requirepass|masterauth)\s+(?<value>\S+)/i;
const flag = /(?<=^|[\s"'])--?(?<name>[A-Za-z][\w-]*)(?=(?:=|\s+)(?<value>"[^"]*"|'[^']*'|\S+))/g;
const assignment = /(?:^|[\s;&|("'])(?<name>[A-Za-z_]\w*)=(?<value>"[^"]*"|'[^']*'|[^\s;&|)]+)/g;

/** Whether a name and its plain value are a credential. */
export function isCredential(name: string, value: string): boolean {
  return (credentialName.test(name) && !notACredential.test(unquote(value))) || holdsCredential(value);
}

/** Whether a value carries a credential whatever its name: user and password in a URL, or a password parameter. */
export function holdsCredential(value: string): boolean {
  return userinfo.test(value) || connectionParameter.test(value);
}

/** What in a command line is a credential: the names of flags and assignments, or `a URL with a password`. Never the value. */
export function credentialsInCommand(words: readonly string[]): string[] {
  const line = words.join(" ");
  const found = [...line.matchAll(flag), ...line.matchAll(assignment)].flatMap(({ groups }) => {
    const { name = "", value = "" } = groups ?? {};
    // A flag followed by another flag has no value of its own.
    return !value.startsWith("-") && credentialName.test(name) && !notACredential.test(unquote(value)) ? [name] : [];
  });
  return [...new Set([...found, ...(holdsCredential(line) ? ["a URL with a password"] : [])])];
}

/** What in a configuration file is a credential, by name; files that hold code are not read. */
export function credentialsInFile(fileName: string, text: string): string[] {
  if (code.test(fileName)) return [];
  const found = text.split("\n").flatMap((line) => {
    if (/^\s*(?:#|\/\/|;)/.test(line)) return [];
    const { name, value } = (setting.exec(line) ?? directive.exec(line))?.groups ?? {};
    if (name !== undefined && value !== undefined && isCredential(name, value)) return [name];
    return holdsCredential(line) ? ["a URL with a password"] : [];
  });
  return [...new Set(found)];
}

function unquote(value: string): string {
  return value.replace(/^(["'])(.*)\1$/s, "$2");
}
