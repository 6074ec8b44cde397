import type {
  EnforcementLevel, Policies, PolicyConfigSchema, ReportViolation, ResourceValidationPolicy, StackValidationPolicy,
} from "@pulumi/policy";
import { fromPulumi, opaqueReason } from "./kubernetes-object.ts";
import type { KubernetesObject, PulumiResource } from "./kubernetes-object.ts";
import { concerns, judge } from "./pack.ts";
import type { Verdict } from "./pack.ts";
import { render } from "./rule.ts";
import type { Rule, Severity } from "./rule.ts";
import { rulesAsOf } from "./rules/index.ts";
import { parseSettings, settingsSchema } from "./settings.ts";
import type { Settings } from "./settings.ts";
import { stackOf } from "./stack.ts";

/** What the SDK accepts at run time besides a text: a violation with a level of its own, and without the policy's title before it. */
type Report = (violation: { message: string; urn: string | undefined; enforcementLevel?: EnforcementLevel }) => void;

const defaults = parseSettings();

const enforcement: Readonly<Record<Severity, EnforcementLevel>> = { critical: "mandatory", high: "mandatory", medium: "mandatory", low: "advisory" };

/**
 * Every rule as one CrossGuard policy of the rule's name. Rules about one object run on each resource before it is created, rules about the
 * whole stack at the end of a preview or an update. `today` is `YYYY-MM-DD`.
 */
export function crossGuardPolicies(today: string): Policies {
  const seen = new Map<string, readonly KubernetesObject[]>();
  const open = new Set<string>();
  const report = (verdict: Verdict, to: ReportViolation) => publish(verdict, withLevel(to), open);
  const rules = rulesAsOf(today).map((rule) => (rule.scope === "stack" ? stackPolicy(rule, seen, report, today) : resourcePolicy(rule, seen, report, today)));
  // The recording policy comes first: the SDK runs policies in order, and the others then read what it recorded.
  return [recordingPolicy(seen), ...rules, coveragePolicy(open)];
}

/**
 * Keeps the inputs of each resource. At the end of an update the engine offers outputs, where the server has filled in defaults and an
 * autoscaler its replicas; a rule must judge what the program declares.
 */
function recordingPolicy(seen: Map<string, readonly KubernetesObject[]>): ResourceValidationPolicy {
  return {
    name: "visible-objects",
    description: "Every Kubernetes object of the stack can be seen by the rules",
    enforcementLevel: "advisory",
    validateResource: (args, reportViolation) => {
      const reason = opaqueReason(args);
      if (reason !== undefined) withLevel(reportViolation)({ message: `${args.type} "${args.name}" is not evaluated: ${reason}`, urn: args.urn });
      const objects = fromPulumi(args);
      if (objects.length > 0) seen.set(args.urn, objects);
    },
  };
}

function resourcePolicy(rule: Rule, seen: ReadonlyMap<string, readonly KubernetesObject[]>, report: (verdict: Verdict, to: ReportViolation) => void, today: string): ResourceValidationPolicy {
  return {
    ...metadata(rule),
    validateResource: (args, reportViolation) => {
      const settings = settingsOf(rule, args.getConfig());
      const objects = objectsOf(args, seen).filter(({ kind }) => concerns(rule, kind));
      for (const object of objects) report(judge(rule, object, stackOf(objects), settings, today), reportViolation);
    },
  };
}

function stackPolicy(rule: Rule, seen: ReadonlyMap<string, readonly KubernetesObject[]>, report: (verdict: Verdict, to: ReportViolation) => void, today: string): StackValidationPolicy {
  return {
    ...metadata(rule),
    validateStack: (args, reportViolation) => {
      const settings = settingsOf(rule, args.getConfig());
      const objects = args.resources.flatMap((resource) => objectsOf(resource, seen));
      const stack = stackOf(objects);
      for (const object of objects) {
        if (concerns(rule, object.kind)) report(judge(rule, object, stack, settings, today), reportViolation);
      }
    },
  };
}

/** Says at the end how many verdicts a preview had to leave open; it comes last, when all others have been given. */
function coveragePolicy(open: ReadonlySet<string>): StackValidationPolicy {
  return {
    name: "evaluated-rules",
    description: "Every rule could be evaluated",
    enforcementLevel: "advisory",
    validateStack: (_args, reportViolation) => {
      if (open.size === 0) return;
      const verdicts = open.size === 1 ? "1 verdict is" : `${open.size} verdicts are`;
      withLevel(reportViolation)({ message: `${verdicts} open, because values are not known before the update, which decides them: see "not evaluated"`, urn: undefined });
    },
  };
}

function withLevel(report: ReportViolation): Report {
  return report as unknown as Report;
}

function publish({ findings, excepted, notEvaluated }: Verdict, report: Report, open: Set<string>): void {
  for (const finding of findings) report({ message: render(finding), urn: finding.object.urn });
  for (const { rule, object, message, reason, until } of excepted) {
    report({ message: `${object.ref}: excepted from ${rule.id} until ${until} (${reason}): ${message}`, urn: object.urn, enforcementLevel: "advisory" });
  }
  for (const { rule, object, container, message } of notEvaluated) {
    const text = `${object.ref}${container === undefined ? "" : `, container "${container}"`}: ${message} [${rule.id}]`;
    open.add(text);
    report({ message: text, urn: object.urn, enforcementLevel: "advisory" });
  }
}

function metadata(rule: Rule): Pick<ResourceValidationPolicy, "name" | "displayName" | "description" | "enforcementLevel" | "severity" | "remediationSteps" | "tags"> & { configSchema?: PolicyConfigSchema } {
  const configSchema = settingsSchema(rule.id);
  return {
    name: rule.id,
    displayName: rule.title,
    description: rule.title,
    enforcementLevel: enforcement[rule.severity],
    severity: rule.severity,
    remediationSteps: rule.remediation,
    tags: [...rule.row],
    ...(configSchema === undefined ? {} : { configSchema: configSchema as PolicyConfigSchema }),
  };
}

function settingsOf(rule: Rule, config: object): Settings {
  return Object.keys(config).length === 0 ? defaults : parseSettings({ [rule.id]: config });
}

function objectsOf(resource: PulumiResource, seen: ReadonlyMap<string, readonly KubernetesObject[]>): readonly KubernetesObject[] {
  return seen.get(resource.urn) ?? fromPulumi(resource);
}
