import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import type { Finding, Rule, Severity } from "../../../rules/rule.ts";
import type { Location } from "../locations.ts";
import type { CheckedFinding, CheckReport } from "../report.ts";
import { sentenceOf } from "./wording.ts";

const levels: Readonly<Record<Severity, "error" | "warning" | "note">> = {
  critical: "error",
  high: "error",
  medium: "warning",
  low: "note",
};
/** What code scanning sorts by: 9 and above is critical, 7 high, 4 medium. */
const securitySeverity: Readonly<Record<Severity, string>> = {
  critical: "9.5",
  high: "8.0",
  medium: "5.5",
  low: "2.0",
};

/**
 * SARIF 2.1.0, as code scanning reads it: rules with help, stable fingerprints, and what is excepted or known as
 * suppressed.
 */
export function sarif(report: CheckReport): string {
  const rules = [
    ...new Set([...report.findings, ...report.excepted, ...report.notEvaluated].map(({ rule }) => rule)),
  ].sort((a, b) => (a.id < b.id ? -1 : 1));
  const index = new Map(rules.map((rule, at) => [rule, at]));
  const result = (finding: Finding & { location?: Location }) => ({
    ruleId: finding.rule.id,
    ruleIndex: index.get(finding.rule)!,
    message: { text: sentenceOf(finding) },
    locations: [locationOf(finding)],
  });
  return `${JSON.stringify(
    {
      $schema: "https://json.schemastore.org/sarif-2.1.0.json",
      version: "2.1.0",
      runs: [
        {
          tool: { driver: { name: "production-platform-check", rules: rules.map(descriptor) } },
          columnKind: "utf16CodeUnits",
          invocations: [
            {
              executionSuccessful: report.problems.length === 0,
              toolExecutionNotifications: report.problems.map(({ message, ...place }) => ({
                level: "error",
                message: { text: message },
                locations: [physical(place)],
              })),
            },
          ],
          results: [
            ...numbered(report.findings).map(({ finding, fingerprint }) => ({
              ...result(finding),
              level: levels[finding.rule.severity],
              partialFingerprints: { "check/v1": fingerprint },
              ...(finding.state === "known"
                ? { suppressions: [{ kind: "external", justification: "in the baseline" }] }
                : {}),
            })),
            ...report.excepted.map((finding) => ({
              ...result(finding),
              level: levels[finding.rule.severity],
              suppressions: [{ kind: "inSource", justification: `${finding.reason}; until ${finding.until}` }],
            })),
            ...report.notEvaluated.map((finding) => ({ ...result(finding), kind: "open", level: "none" })),
          ],
        },
      ],
    },
    undefined,
    2,
  )}\n`;
}

function descriptor(rule: Rule) {
  const { id, title, rationale, severity, remediation, row, sources } = rule;
  return {
    id,
    name: id.replace(/[^A-Za-z0-9]+(.)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: title },
    fullDescription: { text: rationale },
    help: {
      text: `${rationale}\n\nWrite:\n\n${remediation}`,
      markdown: `${rationale}\n\nWrite:\n\n\`\`\`yaml\n${remediation}\n\`\`\``,
    },
    defaultConfiguration: { level: levels[severity] },
    properties: {
      tags: ["security", ...row, ...(sources?.cis ?? []).map((number) => `CIS-${number}`)],
      "security-severity": securitySeverity[severity],
    },
  };
}

/** Findings that are alike, such as two open ports, have one fingerprint; a result needs one of its own. */
function numbered(findings: readonly CheckedFinding[]): { finding: CheckedFinding; fingerprint: string }[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const count = (seen.get(finding.fingerprint) ?? 0) + 1;
    seen.set(finding.fingerprint, count);
    return { finding, fingerprint: `${finding.fingerprint}:${count}` };
  });
}

function locationOf(finding: Finding & { location?: Location }) {
  const logicalLocations = [
    {
      name: finding.object.ref,
      fullyQualifiedName: [finding.object.ref, finding.path].filter((part) => part !== "").join(" "),
      kind: "resource",
    },
  ];
  return { ...(finding.location === undefined ? {} : physical(finding.location)), logicalLocations };
}

function physical({ file, line, column }: { file: string; line?: number; column?: number }) {
  const region =
    line === undefined ? {} : { region: { startLine: line, ...(column === undefined ? {} : { startColumn: column }) } };
  const uri = isAbsolute(file) ? pathToFileURL(file).href : file.split("/").map(encodeURIComponent).join("/");
  return { physicalLocation: { artifactLocation: { uri }, ...region } };
}
