import type { Finding } from "../../../rules/rule.ts";
import type { Location } from "../locations.ts";
import { exitCodeOf } from "../report.ts";
import type { CheckReport } from "../report.ts";
import { fixOf } from "./wording.ts";

/** For programs. `version` changes when a field changes its meaning or goes; new fields may come at any time. */
export function json(report: CheckReport): string {
  const { context, profile, counts, otherKinds, gone, problems, skipped } = report;
  return `${JSON.stringify(
    {
      version: 1,
      exitCode: exitCodeOf(report),
      ...(context === undefined ? {} : { context }),
      profile,
      counts,
      findings: report.findings.map((finding) => ({
        ...described(finding),
        severity: finding.rule.severity,
        state: finding.state,
        fingerprint: finding.fingerprint,
        title: finding.rule.title,
        rationale: finding.rule.rationale,
        fix: fixOf(finding),
      })),
      excepted: report.excepted.map((finding) => ({
        ...described(finding),
        severity: finding.rule.severity,
        reason: finding.reason,
        until: finding.until,
      })),
      notEvaluated: report.notEvaluated.map(described),
      gone,
      problems,
      skipped,
      otherKinds,
    },
    undefined,
    2,
  )}\n`;
}

function described({ rule, object, container, path, message, location }: Finding & { location?: Location }) {
  return {
    rule: rule.id,
    ...location,
    object: { apiVersion: object.apiVersion, kind: object.kind, ref: object.ref },
    ...(container === undefined ? {} : { container }),
    path,
    message,
  };
}
