/** How bad a line says it is. */
export type LogKind = "error" | "warning" | "other";

/** A line of a log without what differs from one time to the next, so that equal lines can be counted. */
export interface LogLine {
  readonly kind: LogKind;
  readonly pattern: string;
}

/**
 * Reads a line as the programs of the systems write it: JSON of pino or Spring, the servers' own forms, or a level in
 * capitals.
 */
export function readLine(line: string): LogLine {
  const json = asJson(line);
  if (json) {
    const error = json["err"] ?? json["error"];
    const cause = typeof error === "object" && error !== null ? (error as { message?: unknown }).message : error;
    const text = [json["msg"] ?? json["message"] ?? json["event"], cause]
      .filter((part) => typeof part === "string")
      .join(": ");
    return { kind: kindOfLevel(json["level"] ?? json["severity"]), pattern: patternOf(text || line) };
  }
  return { kind: kindOfText(line), pattern: patternOf(line) };
}

function asJson(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined; // cut off, or only looks like it
  }
}

/** pino counts to 40 for a warning and from 50 on for errors. */
function kindOfLevel(level: unknown): LogKind {
  if (typeof level === "number") return level >= 50 ? "error" : level >= 40 ? "warning" : "other";
  return kindOfText(String(level ?? "").toUpperCase());
}

const kindOfText = (text: string): LogKind => (errors.test(text) ? "error" : warnings.test(text) ? "warning" : "other");
/**
 * In words of their own and in capitals: `0 errors` and a path with `error` in it are none. `FAILED:` is what the
 * scripts of backups say; `E0131` is Kubernetes' form.
 */
const errors =
  /(?:^|[^\w/-])(?:ERROR|FATAL|PANIC|CRITICAL|SEVERE|EMERG)(?:[^\w-]|$)|(?:^|\s)FAILED: |^E\d{4} |^(?:[\w.$]+\.)?\w*(?:Error|Exception): |^Traceback /;
/** Redis marks its warnings with a number sign behind the time. */
const warnings =
  /(?:^|[^\w/-])(?:WARN|WARNING)(?:[^\w-]|$)|\[Warning\]|^W\d{4} |^\d+:[A-Z] \d\d \w{3} \d{4} [\d:.]+ # /;

/** Times, identities and numbers differ, and so do passwords in addresses, which nobody is to see. */
function patternOf(text: string): string {
  return text
    .replaceAll(/(\w+:\/\/)[^\s@/]*:[^\s@/]+@/g, "$1***@")
    .replaceAll(/\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?(?: UTC)?/g, "TIME")
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "ID")
    .replaceAll(/\d+/g, "#")
    .trim()
    .slice(0, 200);
}
