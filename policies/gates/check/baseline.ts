import { z } from "zod";
import type { Finding } from "../../rules/rule.ts";
import { fingerprintOf } from "./fingerprint.ts";

/** Findings that are known, and how often each: the rule, object and message are there for people who read the file. */
const schema = z.object({
  version: z.literal(1),
  findings: z.array(
    z.object({
      fingerprint: z.string(),
      rule: z.string(),
      object: z.string(),
      message: z.string(),
      count: z.number().int().positive().default(1),
    }),
  ),
});

/** What a baseline file holds. */
export type Baseline = z.output<typeof schema>;
export type KnownFinding = Baseline["findings"][number];

/** Reads a baseline. Throws where the text is none. */
export function parseBaseline(text: string): Baseline {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const problem =
      error instanceof z.ZodError
        ? error.issues.map(({ path, message }) => `${path.join(".") || "(file)"}: ${message}`).join("; ")
        : (error as Error).message;
    throw new Error(`is no baseline that --write-baseline wrote: ${problem}`);
  }
}

/** The baseline that accepts these findings, in an order that makes small changes small differences. */
export function baselineOf(findings: readonly Finding[]): Baseline {
  const known = new Map<string, KnownFinding>();
  for (const finding of findings) {
    const { rule, object, container, message } = finding;
    const fingerprint = fingerprintOf(finding);
    const where = container === undefined ? object.ref : `${object.ref}, container "${container}"`;
    known.set(fingerprint, {
      fingerprint,
      rule: rule.id,
      object: where,
      message,
      count: (known.get(fingerprint)?.count ?? 0) + 1,
    });
  }
  const key = ({ rule, object, message, fingerprint }: KnownFinding) =>
    JSON.stringify([rule, object, message, fingerprint]);
  return { version: 1, findings: [...known.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1)) };
}

/** Tells known findings from new ones. Of several that are alike, as many are known as the baseline counts. */
export function compareWith(baseline: Baseline): {
  isKnown(finding: Finding): boolean;
  gone(): readonly KnownFinding[];
} {
  const left = new Map(baseline.findings.map((known) => [known.fingerprint, known.count]));
  return {
    isKnown(finding) {
      const fingerprint = fingerprintOf(finding);
      const count = left.get(fingerprint) ?? 0;
      left.set(fingerprint, count - 1);
      return count > 0;
    },
    gone: () =>
      baseline.findings
        .filter(({ fingerprint }) => (left.get(fingerprint) ?? 0) > 0)
        .map((known) => ({ ...known, count: left.get(known.fingerprint)! })),
  };
}
