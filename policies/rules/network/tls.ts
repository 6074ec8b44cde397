import { coversHostCel } from "../../cel/hosts.ts";
import { cel } from "../../cel/template.ts";
import { coversHost, ingressSpec } from "../../facts/ingress.ts";
import type { RuleNumbers } from "../numbers.ts";
import { isIssuedFor, secretSource, seesAllOf } from "../../model/ownership.ts";
import type { ObjectRule, Rule, StackRule } from "../rule.ts";
import { certificateRules, certificateSpec } from "./certificates.ts";

/** Annotations of the nginx and HAProxy controllers. */
const redirects = "/(force-)?ssl-redirect$";
/** Where Traefik's routers lead from, and what they do with a request before that, such as a redirect. */
const traefik = {
  entryPoints: "traefik.ingress.kubernetes.io/router.entrypoints",
  middlewares: "traefik.ingress.kubernetes.io/router.middlewares",
};
/** Traefik's entry point of plain HTTP, as k3s and Traefik's chart call it. */
const plain = "(^|[, ])web([, ]|$)";

const base = { row: ["P05", "E08"], severity: "high" } as const;

const celVariables = {
  tls: cel`object.?spec.?tls.orValue([])`,
  hosts: cel`object.?spec.?rules.orValue([]).map(rule, rule.?host.orValue(""))`,
};

const covered: ObjectRule = {
  ...base,
  id: "P05-ingress-tls",
  scope: "object",
  kinds: ["Ingress"],
  title: "Ingresses set tls for every host",
  rationale: "Without it passwords and orders cross the network in the open, and anybody on the way may change them.",
  remediation: "spec:\n  tls:\n    - hosts: [shop.example.com]\n      secretName: shop-tls",
  sources: { scanners: ["Polaris tlsSettingsMissing"] },
  admission: coveredCel,
  celVariables,
  *check(object, settings) {
    const { rules = [], tls = [] } = ingressSpec(object);
    const { requireTls, exemptSuffixes } = settings["P05-ingress-tls"];
    if (!requireTls && tls.length === 0) return;
    for (const [index, { host = "" }] of rules.entries()) {
      // An entry without hosts stands for all of them, with the controller's own certificate or the Secret it names.
      const isCovered = tls.some(
        ({ hosts }) => host === "" || (hosts ?? []).length === 0 || hosts!.some((name) => coversHost(name, host)),
      );
      if (isCovered || exemptSuffixes.some((suffix) => host.endsWith(suffix))) continue;
      const fix = `spec:\n  tls:\n    - hosts: [${host || "<the host>"}]\n      secretName: ${object.name}-tls`;
      yield {
        path: `spec.rules[${index}]`,
        message: host === "" ? "serves every host without TLS" : `serves ${host} without TLS`,
        fix,
      };
    }
    for (const [index, { hosts = [] }] of tls.entries()) {
      const unserved = hosts.filter((name) => !rules.some(({ host = "" }) => host === "" || coversHost(name, host)));
      if (rules.length > 0 && unserved.length > 0)
        yield { path: `spec.tls[${index}].hosts`, message: `has TLS for ${unserved.join(", ")}, which no rule serves` };
    }
  },
};

function coveredCel(settings: RuleNumbers) {
  const { requireTls, exemptSuffixes } = settings["P05-ingress-tls"];
  const covers = coversHostCel("name", "host");
  const every = cel`variables.hosts.all(host, ${exemptSuffixes}.exists(suffix, host.endsWith(suffix))
    || (host == "" ? variables.tls.size() > 0 : variables.tls.exists(entry,
      entry.?hosts.orValue([]).size() == 0 || entry.hosts.exists(name, ${covers}))))`;
  return [
    {
      expression: requireTls ? every : cel`variables.tls.size() == 0 || ${every}`,
      message: "serves a host without TLS",
    },
    {
      expression: cel`variables.hosts.size() == 0 || variables.tls.all(entry,
        entry.?hosts.orValue([]).all(name, variables.hosts.exists(host, host == "" || ${covers})))`,
      message: "has TLS for a host that no rule serves",
    },
  ];
}

const redirect: ObjectRule = {
  ...base,
  id: "P05-ingress-redirect",
  scope: "object",
  kinds: ["Ingress"],
  title: "Ingresses with TLS redirect HTTP to HTTPS",
  rationale: "Without a redirect a login over plain HTTP works too, and anyone on the way can read it.",
  remediation: `metadata:\n  annotations:   # Traefik's; other controllers send plain HTTP to TLS unless they are told not to\n    ${traefik.entryPoints}: websecure`,
  admission: [
    {
      expression: cel`variables.tls.size() == 0 || object.metadata.?annotations.orValue({}).all(key,
        !key.matches(${redirects}) || object.metadata.annotations[key] != "false")`,
      message: "answers plain HTTP besides TLS",
    },
    {
      expression: cel`variables.tls.size() == 0 || object.metadata.?annotations.orValue({}).all(key,
        key != ${traefik.entryPoints} || !object.metadata.annotations[key].matches(${plain})
        || ${traefik.middlewares} in object.metadata.annotations)`,
      message: "answers plain HTTP besides TLS, from Traefik's entry point web",
    },
  ],
  celVariables,
  *check(object) {
    if ((ingressSpec(object).tls ?? []).length === 0) return;
    const entryPoints = object.annotations[traefik.entryPoints] ?? "";
    if (new RegExp(plain).test(entryPoints) && !(traefik.middlewares in object.annotations)) {
      yield {
        path: `metadata.annotations["${traefik.entryPoints}"]`,
        message: `answers plain HTTP besides TLS: ${traefik.entryPoints} is ${entryPoints}`,
      };
    }
    for (const key of Object.keys(object.annotations)) {
      if (!new RegExp(redirects).test(key) || object.annotations[key] !== "false") continue;
      yield { path: `metadata.annotations["${key}"]`, message: `answers plain HTTP besides TLS: ${key} is false` };
    }
  },
};

const secret: StackRule = {
  ...base,
  id: "P05-tls-secret",
  scope: "stack",
  kinds: ["Ingress"],
  title: "Ingresses have the certificates they name",
  rationale:
    "Where the Secret is missing, or is made for another name, the controller serves its own certificate, and every client refuses it.",
  remediation: [
    "apiVersion: cert-manager.io/v1",
    "kind: Certificate",
    "spec:",
    "  secretName: <the Ingress' secretName>",
    "  dnsNames: [<the Ingress' host>]",
    "  issuerRef: { group: cert-manager.io, kind: ClusterIssuer, name: letsencrypt-prod }",
  ].join("\n"),
  admission: { beyondCel: "The certificate and its Secret are other objects." },
  *check(object, objects) {
    for (const [index, { secretName, hosts = [] }] of (ingressSpec(object).tls ?? []).entries()) {
      if (!secretName) continue; // the controller's own certificate, on purpose
      const path = `spec.tls[${index}].secretName`;
      const source = isIssuedFor(object) ? object : secretSource(secretName, object.namespace, objects);
      if (source === undefined && seesAllOf(object.namespace, objects)) {
        yield { path, message: `neither a Certificate nor a Secret of this stack makes "${secretName}"` };
      }
      if (source?.kind !== "Certificate") continue;
      const { commonName, dnsNames = [] } = certificateSpec(source);
      const names = commonName === undefined ? dnsNames : [commonName, ...dnsNames];
      for (const host of hosts) {
        if (!names.some((name) => coversHost(name, host)))
          yield { path, message: `${source.ref}, which makes "${secretName}", is not for ${host}` };
      }
    }
  },
};

/** P05, E08: TLS for every host, and certificates that stay good. */
export const tlsRules: readonly Rule[] = [covered, redirect, secret, ...certificateRules];
