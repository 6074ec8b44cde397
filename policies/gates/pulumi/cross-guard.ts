import type {
  EnforcementLevel,
  Policies,
  PolicyConfigSchema,
  ReportViolation,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import { levelOf } from "../../engine/enforcement.ts";
import { fromPulumi, opaqueReason } from "../../model/kubernetes-object.ts";
import type { KubernetesObject, PulumiResource } from "../../model/kubernetes-object.ts";
import { strayOverrides } from "../../engine/stray-overrides.ts";
import { concerns, judge, judgePods, looksAt } from "../../engine/judge.ts";
import { render } from "../../rules/rule.ts";
import type { Rule } from "../../rules/rule.ts";
import { rulesAsOf } from "../../rules/index.ts";
import { settingsFor } from "../../engine/overrides.ts";
import { parseSettings, SettingsError, settingsSchema, withNumbers } from "../../engine/settings.ts";
import type { Settings } from "../../engine/settings.ts";
import { indexObjects } from "../../model/object-index.ts";
import type { ObjectIndex } from "../../model/object-index.ts";
import { unknownContainers } from "../../model/unknown-containers.ts";

/**
 * What the SDK accepts at run time besides a text: a violation with a level of its own, and without the policy's title
 * before it.
 */
type Report = (violation: { message: string; urn: string | undefined; enforcementLevel?: EnforcementLevel }) => void;

/** Rules and what they need, by one run of the pack. */
interface Run {
  readonly settings: Settings;
  readonly today: string;
  /** The inputs of each resource, by its URN. */
  readonly seen: Map<string, readonly KubernetesObject[]>;
  /** Verdicts that were left open. */
  readonly open: Set<string>;
  /** The objects of all resources with their index, as every rule about the stack asks for them. */
  whole: { readonly objects: readonly KubernetesObject[]; readonly index: ObjectIndex };
}

/**
 * Every rule as one CrossGuard policy of the rule's name. Rules about one object run on each resource before it is
 * created, rules about the
 * whole stack at the end of a preview or an update. `today` is `YYYY-MM-DD`.
 */
export function crossGuardPolicies(today: string, settings: Settings = parseSettings()): Policies {
  const run: Run = { settings, today, seen: new Map(), open: new Set(), whole: { objects: [], index: nothingElse } };
  const rules = rulesAsOf(today).map((rule) =>
    rule.scope === "stack" ? stackPolicy(rule, run) : resourcePolicy(rule, run),
  );
  // The recording policy comes first: the SDK runs policies in order, and the others then read what it recorded.
  return [recordingPolicy(run), ...rules, overridesPolicy(run), coveragePolicy(run)];
}

/**
 * Keeps the inputs of each resource. At the end of an update the engine offers outputs, where the server has filled in
 * defaults and an
 * autoscaler its replicas; a rule must judge what the program declares.
 */
function recordingPolicy({ seen }: Run): ResourceValidationPolicy {
  return {
    name: "visible-objects",
    description: "Every Kubernetes object of the stack can be seen by the rules",
    enforcementLevel: "advisory",
    validateResource: (args, reportViolation) => {
      const reason = opaqueReason(args);
      if (reason !== undefined)
        withLevel(reportViolation)({
          message: `${args.type} "${args.name}" is not evaluated: ${reason}`,
          urn: args.urn,
        });
      const objects = fromPulumi(args);
      for (const object of objects) {
        const path = unknownContainers(object);
        if (path !== undefined)
          withLevel(reportViolation)({
            message: `${object.ref} is not evaluated: holds containers at ${path}, in a kind whose pods the rules do not know`,
            urn: args.urn,
          });
      }
      if (objects.length > 0) seen.set(args.urn, objects);
      else seen.delete(args.urn);
    },
  };
}

/** Rules about one object ask for no other. */
const nothingElse = indexObjects([]);

function resourcePolicy(rule: Rule, run: Run): ResourceValidationPolicy {
  const settingsOf = configured(rule, run);
  return {
    ...metadata(rule, run.settings),
    validateResource: (args, reportViolation) => {
      const objects = objectsOf(args, run).filter((object) => looksAt(rule, object));
      const settings = objects.length > 0 ? settingsOf(args.getConfig(), reportViolation) : undefined;
      if (settings !== undefined) publish(rule, objects, nothingElse, settings, run, reportViolation);
    },
  };
}

function stackPolicy(rule: Rule, run: Run): StackValidationPolicy {
  const settingsOf = configured(rule, run);
  return {
    ...metadata(rule, run.settings),
    validateStack: (args, reportViolation) => {
      const settings = settingsOf(args.getConfig(), reportViolation);
      if (settings === undefined) return;
      const { objects, index } = wholeStack(args.resources, run);
      publish(
        rule,
        objects.filter((object) => looksAt(rule, object)),
        index,
        settings,
        run,
        reportViolation,
      );
    },
  };
}

/**
 * Refuses an override for what the stack does not have: a misspelt one would leave its numbers as they were, and say
 * nothing.
 */
function overridesPolicy(run: Run): StackValidationPolicy {
  return {
    name: "overrides-apply",
    description: "Every override of the settings is for something that the stack has",
    enforcementLevel: "mandatory",
    validateStack: ({ resources }, reportViolation) => {
      for (const message of strayOverrides(run.settings, wholeStack(resources, run).objects))
        withLevel(reportViolation)({ message, urn: undefined });
    },
  };
}

/** Says at the end how many verdicts a preview had to leave open; it comes last, when all others have been given. */
function coveragePolicy({ open }: Run): StackValidationPolicy {
  return {
    name: "evaluated-rules",
    description: "Every rule could be evaluated",
    enforcementLevel: "advisory",
    validateStack: (_args, reportViolation) => {
      if (open.size === 0) return;
      const verdicts = open.size === 1 ? "1 verdict is" : `${open.size} verdicts are`;
      withLevel(reportViolation)({
        message: `${verdicts} open, because values are not known before the update, which decides them: see "not evaluated"`,
        urn: undefined,
      });
    },
  };
}

function withLevel(report: ReportViolation): Report {
  return report as unknown as Report;
}

function publish(
  rule: Rule,
  objects: readonly KubernetesObject[],
  index: ObjectIndex,
  settings: Settings,
  { today, open }: Run,
  reportViolation: ReportViolation,
): void {
  const report = withLevel(reportViolation);
  for (const object of objects) {
    const judged = concerns(rule, object.kind) ? judge : judgePods;
    const { findings, excepted, notEvaluated } = judged(rule, object, index, settingsFor(object, settings), today);
    for (const finding of findings) report({ message: render(finding), urn: object.urn });
    for (const { message, reason, until } of excepted) {
      report({
        message: `${object.ref}: excepted from ${rule.id} until ${until} (${reason}): ${message}`,
        urn: object.urn,
        enforcementLevel: "advisory",
      });
    }
    for (const { container, message } of notEvaluated) {
      const text = `${object.ref}${container === undefined ? "" : `, container "${container}"`}: ${message} [${rule.id}]`;
      open.add(text);
      report({ message: text, urn: object.urn, enforcementLevel: "advisory" });
    }
  }
}

function metadata(rule: Rule, settings: Settings): Omit<ResourceValidationPolicy, "validateResource"> {
  const configSchema = settingsSchema(rule.id, settings);
  return {
    name: rule.id,
    displayName: rule.title,
    description: rule.title,
    enforcementLevel: levelOf(rule, settings),
    severity: rule.severity,
    remediationSteps: rule.remediation,
    tags: [...rule.row],
    ...(configSchema === undefined ? {} : { configSchema: configSchema as PolicyConfigSchema }),
  };
}

/**
 * The settings with the numbers of a rule that CrossGuard's own configuration (`--policy-pack-config`) changes, read
 * once. What it gets
 * wrong is one violation: an error thrown here would reach the terminal with its stack trace.
 */
function configured(rule: Rule, { settings }: Run): (config: object, report: ReportViolation) => Settings | undefined {
  let read: { readonly settings?: Settings } | undefined;
  return (config, report) => {
    if (read !== undefined) return read.settings;
    try {
      read = { settings: withNumbers(settings, rule.id, config) };
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      read = {};
      withLevel(report)({ message: error.message, urn: undefined, enforcementLevel: "mandatory" });
    }
    return read.settings;
  };
}

function objectsOf(resource: PulumiResource, { seen }: Run): readonly KubernetesObject[] {
  return seen.get(resource.urn) ?? fromPulumi(resource);
}

/** All objects and their index, which is made anew only when a resource is not what it was for the rule before. */
function wholeStack(resources: readonly PulumiResource[], run: Run): Run["whole"] {
  const objects = resources.flatMap((resource) => objectsOf(resource, run));
  const same =
    objects.length === run.whole.objects.length &&
    objects.every((object, index) => object === run.whole.objects[index]);
  return same ? run.whole : (run.whole = { objects, index: indexObjects(objects) });
}
