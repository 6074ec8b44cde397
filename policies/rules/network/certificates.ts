import { cel } from "../../cel/template.ts";
import type { KubernetesObject } from "../../model/kubernetes-object.ts";
import type { ObjectRule, Rule } from "../rule.ts";

const base = { scope: "object", kinds: ["Certificate"], row: ["P05", "E08"], severity: "high" } as const;

/** The fields of a cert-manager Certificate the rules read. */
export interface CertificateSpec {
  readonly secretName?: string;
  readonly commonName?: string;
  readonly dnsNames?: readonly string[];
  readonly duration?: string;
  readonly renewBefore?: string;
  readonly isCA?: boolean;
  readonly privateKey?: { readonly rotationPolicy?: string; readonly algorithm?: string; readonly size?: number };
}

/** cert-manager's own: 90 days. */
const defaultDuration = "2160h";
const leastRsa = 2048;

const renewal: ObjectRule = {
  ...base,
  id: "P05-certificate-renewal",
  title: "Certificates are renewed early, with a new key",
  rationale: "A renewal on the last day leaves no time to notice that it failed; a key that is kept stays stolen.",
  remediation: "spec:\n  duration: 2160h\n  renewBefore: 720h\n  privateKey:\n    rotationPolicy: Always",
  admission: (settings) => [
    {
      expression: `!has(object.spec.renewBefore) || duration(object.spec.renewBefore).getSeconds() < ${durationCel}`,
      message: "renewBefore is not shorter than the duration",
    },
    {
      expression: cel`!has(object.spec.renewBefore)
        || duration(object.spec.renewBefore).getSeconds() >= ${settings["P05-certificate-renewal"].leadHours * 3600}
        || duration(object.spec.renewBefore).getSeconds() * 3 >= ${durationCel}`,
      message: "renewBefore is too short",
    },
    {
      expression: 'object.?spec.?privateKey.?rotationPolicy.orValue("Always") != "Never"',
      message: "rotationPolicy is Never: a renewal keeps the old key",
    },
  ],
  *check(object, settings) {
    if (!isCertManagers(object)) return;
    const { duration = defaultDuration, renewBefore, privateKey } = certificateSpec(object);
    const [life, lead] = [hoursOf(duration), renewBefore === undefined ? undefined : hoursOf(renewBefore)];
    const least = Math.min(settings["P05-certificate-renewal"].leadHours, life / 3);
    const path = "spec.renewBefore";
    if (lead !== undefined && lead >= life)
      yield { path, message: `renewBefore ${renewBefore} is not shorter than the duration, ${duration}` };
    if (lead !== undefined && lead < least)
      yield { path, message: `renewBefore ${renewBefore} is too short, must be at least ${Math.ceil(least)}h` };
    if (privateKey?.rotationPolicy === "Never")
      yield { path: "spec.privateKey.rotationPolicy", message: "rotationPolicy is Never: a renewal keeps the old key" };
  },
};

const strength: ObjectRule = {
  ...base,
  id: "P05-certificate-strength",
  title: "Certificates have a short lifetime and a strong key",
  rationale:
    "Browsers refuse certificates of more than 398 days and RSA keys below 2048 bits; a stolen key is good for as long as its certificate.",
  remediation: "spec:\n  duration: 2160h\n  privateKey:\n    algorithm: ECDSA\n    size: 256",
  admission: (settings) => [
    {
      expression: `object.?spec.?isCA.orValue(false) || ${durationCel} <= ${settings["P05-certificate-strength"].maxHours * 3600}`,
      message: "duration is too long",
    },
    {
      expression: `object.?spec.?privateKey.?algorithm.orValue("RSA") != "RSA" || object.?spec.?privateKey.?size.orValue(${leastRsa}) >= ${leastRsa}`,
      message: `an RSA key of less than ${leastRsa} bits`,
    },
  ],
  *check(object, settings) {
    if (!isCertManagers(object)) return;
    const {
      duration = defaultDuration,
      isCA = false,
      privateKey: { algorithm = "RSA", size = leastRsa } = {},
    } = certificateSpec(object);
    const { maxHours } = settings["P05-certificate-strength"];
    if (!isCA && hoursOf(duration) > maxHours)
      yield { path: "spec.duration", message: `duration ${duration} is too long, must be at most ${maxHours}h` };
    if (algorithm === "RSA" && size < leastRsa)
      yield { path: "spec.privateKey.size", message: `an RSA key of ${size} bits, must be at least ${leastRsa}` };
  },
};

/** CEL: the seconds a certificate is good for. */
const durationCel = cel`duration(object.spec.?duration.orValue(${defaultDuration})).getSeconds()`;

const unitHours: Readonly<Record<string, number>> = {
  h: 1,
  m: 1 / 60,
  s: 1 / 3600,
  ms: 1 / 3.6e6,
  us: 1 / 3.6e9,
  µs: 1 / 3.6e9,
  ns: 1 / 3.6e12,
};

/** `2160h0m0s`, as Go writes durations, in hours. */
function hoursOf(duration: string): number {
  return [...String(duration).matchAll(/(\d+(?:\.\d+)?)(h|ms|m|us|µs|ns|s)/g)].reduce(
    (hours, [, count, unit]) => hours + Number(count) * unitHours[unit!]!,
    0,
  );
}

/** Other APIs have a Certificate, too. */
function isCertManagers(object: KubernetesObject): boolean {
  return object.apiVersion.startsWith("cert-manager.io/");
}

/** A Certificate's spec. */
export function certificateSpec(object: KubernetesObject): CertificateSpec {
  return (object.manifest["spec"] ?? {}) as CertificateSpec;
}

/** P05, E08: certificates that are renewed, and hard to forge. */
export const certificateRules: readonly Rule[] = [renewal, strength];
