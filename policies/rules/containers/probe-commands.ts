import { literal } from "../../cel/template.ts";
import { longRunningKinds } from "../../model/pod-spec-walker.ts";
import type { ContainerRule, Rule } from "../rule.ts";

const base = { scope: "container", kinds: [...longRunningKinds, "Pod"], row: ["X03"], severity: "high" } as const;

/** A regular expression that JavaScript and CEL's RE2 read alike: without look-around, back-references and flags. */
const both = (source: string) => ({ pattern: new RegExp(source), cel: literal(source) });

const ownHost = String.raw`(localhost|127\.|\[?::1\]?$|0\.0\.0\.0$|/|\$[({]?(POD_IP|HOSTNAME)\b)`;
const clients = both(String.raw`\b(pg_isready|psql|mysqladmin|mysql|mariadb-admin|mariadb|redis-cli|mongosh|nc)\b`);

/**
 * How a command line names the host it connects to: a URL or connection string, `-h HOST` or `--host=HOST`, and `nc
 * HOST`.
 */
const connections = [
  {
    prefix: String.raw`[A-Za-z][A-Za-z0-9+.-]*://([^\s/@]*@)?`,
    host: String.raw`(\[[^\]\s]+\]|[^\s/:?'"]+)`,
    rest: "[^@]*$",
    ofClients: false,
  },
  {
    prefix: String.raw`(^|[\s"'])(-h\s*|--host[=\s]\s*|host=)["']?`,
    host: String.raw`[^\s"'-][^\s"']*`,
    rest: "",
    ofClients: true,
  },
  { prefix: String.raw`\bnc\s+(-\S+\s+|[0-9]+\s+)*`, host: String.raw`[A-Za-z0-9][\w.:-]*`, rest: "", ofClients: true },
].map(({ prefix, host, rest, ofClients }) => ({
  ofClients,
  prefix: new RegExp(prefix),
  any: both(prefix + host),
  own: both(`^${prefix}${ownHost}${rest}`),
}));

/** CEL that is true where `line` connects to no host but its own: the first way that matches decides. */
const asksItself = connections.reduceRight((next, { any, own, ofClients }) => {
  const decided = `[line.find(${any.cel})].all(found, found != "" ? found.matches(${own.cel}) : ${next})`;
  return ofClients ? `(!line.matches(${clients.cel}) || ${decided})` : decided;
}, "true");

const livenessLocal: ContainerRule = {
  ...base,
  id: "X03-liveness-local",
  title: "Liveness probes depend on nothing outside their container",
  rationale:
    "If liveness depends on the database, every container restarts again and again while the database is down.",
  remediation:
    "livenessProbe:\n  httpGet: { path: /health/live, port: http }   # answers without asking any other program",
  admission: [
    {
      expression: `[${lineOf("livenessProbe")}].all(line, ${asksItself})`,
      message: "livenessProbe depends on another host",
    },
  ],
  *check({ spec, path }) {
    const host = otherHost((spec.livenessProbe?.exec?.command ?? []).join(" "));
    if (host !== undefined)
      yield { path: `${path}.livenessProbe`, message: `livenessProbe depends on another host, ${host}` };
  },
};

/**
 * The host a command line connects to, where it is not the container's own. A path is a Unix socket; the pod's address
 * comes in by the downward API.
 */
function otherHost(line: string): string | undefined {
  for (const { prefix, any, own, ofClients } of connections) {
    const found = ofClients && !clients.pattern.test(line) ? undefined : any.pattern.exec(line)?.[0];
    if (found !== undefined) return own.pattern.test(found) ? undefined : found.replace(prefix, "");
  }
  return undefined;
}

const always = String.raw`(true|:|exit 0|echo\b[^|&;]*)\s*$`;

/** How a command line loses its failure, unless something else in it keeps it. */
const losses = [
  { how: "it ends in a command that succeeds whatever came before", lost: both(String.raw`\|\|\s*${always}`) },
  {
    how: "it ends in a command that succeeds whatever came before",
    lost: both(String.raw`[;\n]\s*${always}`),
    kept: both(String.raw`\bexit\s+["']?[1-9$]|\bset\s+-[a-z]*e`),
  },
  {
    how: "only the last command of its pipe counts, which always succeeds",
    lost: both("(^|[^|])\\|\\s*(cat|tee|head|tail|wc|sort|uniq|cut|tr)\\b[^|&;)`]*$"),
    kept: both("pipefail"),
  },
];

const probeKinds = ["startupProbe", "readinessProbe", "livenessProbe"] as const;

const probeFails: ContainerRule = {
  ...base,
  id: "X03-probe-can-fail",
  title: "Probe commands fail when their check fails",
  rationale: "A probe that always succeeds sends traffic to dead containers and hides the fault.",
  remediation:
    'livenessProbe:\n  exec:\n    command: [sh, -c, "redis-cli ping | grep -q PONG"]   # the last command decides; without || true',
  admission: losses.map(({ how, lost, kept }) => ({
    expression: `[${probeKinds.map(lineOf).join(", ")}].all(line, !line.matches(${lost.cel})${kept === undefined ? "" : ` || line.matches(${kept.cel})`})`,
    message: `a probe's command cannot fail: ${how}`,
  })),
  *check({ spec, path }) {
    for (const probe of probeKinds) {
      const line = (spec[probe]?.exec?.command ?? []).join(" ");
      const loss = losses.find(({ lost, kept }) => lost.pattern.test(line) && !kept?.pattern.test(line));
      if (loss !== undefined)
        yield { path: `${path}.${probe}.exec.command`, message: `${probe} cannot fail: ${loss.how}` };
    }
  },
};

function lineOf(probe: (typeof probeKinds)[number]): string {
  return `container.?${probe}.?exec.?command.orValue([]).join(" ")`;
}

/** X03: what the commands of probes ask. */
export const probeCommandRules: readonly Rule[] = [livenessLocal, probeFails];
