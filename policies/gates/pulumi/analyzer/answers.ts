import type { EnforcementLevel, Policies, Severity } from "@pulumi/policy";
import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";

/** A policy pack as the engine knows it. */
export interface PolicyPack {
  readonly name: string;
  readonly displayName: string;
  readonly version: string;
  readonly policies: Policies;
}

/** One of {@link PolicyPack}. */
export type Policy = Policies[number];

/** What a policy has to say, and how much it matters where that is not the policy's own level. */
export interface Violation {
  readonly message: string;
  readonly urn?: string | undefined;
  readonly enforcementLevel?: EnforcementLevel;
}

const levels = messages.EnforcementLevel;
const levelNumbers: Readonly<Record<EnforcementLevel, number>> = {
  advisory: levels.ADVISORY,
  mandatory: levels.MANDATORY,
  disabled: levels.DISABLED,
  remediate: levels.REMEDIATE,
};
const severities = messages.PolicySeverity;
const severityNumbers: Readonly<Record<Severity, number>> = {
  low: severities.POLICY_SEVERITY_LOW,
  medium: severities.POLICY_SEVERITY_MEDIUM,
  high: severities.POLICY_SEVERITY_HIGH,
  critical: severities.POLICY_SEVERITY_CRITICAL,
};

/**
 * The level that the engine asks for. A pack that mends nothing reports what it was asked to remediate as mandatory.
 */
export function levelNamed(number: number): EnforcementLevel {
  const name = (Object.keys(levelNumbers) as EnforcementLevel[]).find((level) => levelNumbers[level] === number);
  if (name === undefined)
    throw new Error(
      `the engine asks for the enforcement level ${number}, which this policy pack does not know: update @pulumi/pulumi, or use an older Pulumi`,
    );
  return name === "remediate" ? "mandatory" : name;
}

/** What the engine is told of the pack before it hands over anything. */
export function analyzerInfo({
  name,
  displayName,
  version,
  policies,
}: PolicyPack): InstanceType<typeof messages.AnalyzerInfo> {
  return new messages.AnalyzerInfo()
    .setName(name)
    .setDisplayname(displayName)
    .setVersion(version)
    .setSupportsconfig(true)
    .setPoliciesList(policies.map(policyInfo));
}

function policyInfo(policy: Policy): InstanceType<typeof messages.PolicyInfo> {
  const info = new messages.PolicyInfo()
    .setName(policy.name)
    .setDescription(policy.description)
    .setDisplayname(policy.displayName ?? "")
    .setEnforcementlevel(levelNumbers[policy.enforcementLevel!])
    .setPolicyType(
      "validateStack" in policy ? messages.PolicyType.POLICY_TYPE_STACK : messages.PolicyType.POLICY_TYPE_RESOURCE,
    )
    .setTagsList(policy.tags ?? [])
    .setRemediationSteps(policy.remediationSteps ?? "");
  if (policy.severity !== undefined) info.setSeverity(severityNumbers[policy.severity]);
  if (policy.configSchema !== undefined)
    info.setConfigschema(
      new messages.PolicyConfigSchema().setProperties(
        structs.Struct.fromJavaScript(policy.configSchema.properties as never),
      ),
    );
  return info;
}

/** A violation as the engine takes it. `level` is the policy's, unless the violation has its own. */
export function diagnostic(
  { name, version }: PolicyPack,
  policy: Policy,
  level: EnforcementLevel,
  { message, urn, enforcementLevel = level }: Violation,
): InstanceType<typeof messages.AnalyzeDiagnostic> {
  const made = new messages.AnalyzeDiagnostic()
    .setPolicyname(policy.name)
    .setPolicypackname(name)
    .setPolicypackversion(version)
    .setDescription(policy.description)
    .setMessage(message)
    .setEnforcementlevel(levelNumbers[enforcementLevel])
    .setUrn(urn ?? "");
  return policy.severity === undefined ? made : made.setSeverity(severityNumbers[policy.severity]);
}
