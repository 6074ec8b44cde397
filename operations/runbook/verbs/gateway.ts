import type { Target } from "../../../components/systems/target.ts";
import { no, yes } from "../fact.ts";
import { reportOfStore, rightsOfAsking } from "../own-store.ts";
import { askRedis, stateRedis } from "../state-redis.ts";
import type { ActingVerb, ReadingVerb, Report, Scope } from "../verb.ts";
import { living, settled } from "../workloads.ts";

/** The keys of the gateway's state, by names that its programs keep (G03). */
const keys = { breaker: "api-gateway:circuit-breaker", client: "api-gateway:rate-limit:" };
/** Most clients that are looked at. */
const mostClients = 500;

interface Circuit {
  readonly state: string;
  readonly detail: string;
}

/** The circuit of all replicas. No key means CLOSED. */
async function circuit(target: Target, scope: Scope): Promise<Circuit> {
  const lines = (await askRedis(target, scope, ["redis-cli", "HGETALL", keys.breaker])).split("\n");
  const hash = Object.fromEntries(
    Array.from({ length: Math.floor(lines.length / 2) }, (_, index) => [lines[index * 2]!, lines[index * 2 + 1]!]),
  );
  const { state = "CLOSED", failures, opened_at: opened, last_failure: failure } = hash;
  return {
    state,
    detail: [
      state,
      ...(opened ? [`since ${new Date(Number(opened) * 1000).toISOString().slice(0, 19)}Z`] : []),
      ...(Number(failures) > 0 ? [`${failures} failures in a row`] : []),
      ...(failure ? [`last failure: ${failure}`] : []),
    ].join(", "),
  };
}

/** Shows the circuit breaker (G06, G09). */
export const breaker: ReadingVerb = {
  kind: "reads",
  name: "breaker",
  summary: "Show whether the gateway's circuit breaker is closed, and otherwise since when and because of what.",
  names: [],
  options: [],
  rights: rightsOfAsking,
  examples: ["breaker resilient-api-gateway"],
  look: (target, scope) =>
    ofGateway(target, scope, "circuit breaker", async () => {
      const { state, detail } = await circuit(target, scope);
      return { facts: [(state === "CLOSED" ? yes : no)("circuit breaker", detail)], data: { state } };
    }),
};

/** A client with what is left of its bucket. */
interface Client {
  readonly client: string;
  readonly tokens: number;
  readonly capacity: number;
  readonly rejected: number;
}

// Names of clients are their own words: they are arguments, and never a part of a script. SCAN keeps nobody waiting, as
// KEYS would.
export const listClients = `redis-cli --scan --pattern "$1*" | head -n "$2" | while IFS= read -r key; do printf '%s\\t%s\\n' "$key" "$(redis-cli HMGET "$key" tokens capacity rejected | tr '\\n' '\\t')"; done`;

/** Shows the clients that were refused (G05, G09). */
export const clients: ReadingVerb = {
  kind: "reads",
  name: "clients",
  summary:
    "List the gateway's clients that were refused or have no request left, with what is left of their buckets; the most refused first.",
  names: [],
  options: [],
  rights: rightsOfAsking,
  examples: ["clients resilient-api-gateway"],
  look: (target, scope) =>
    ofGateway(target, scope, "clients", async () => {
      const said = await askRedis(target, scope, [
        "sh",
        "-c",
        listClients,
        "clients",
        keys.client,
        String(mostClients),
      ]);
      const all = said
        .split("\n")
        .filter((line) => line.startsWith(keys.client))
        .map((line): Client => {
          const [key = "", tokens, capacity, rejected] = line.split("\t");
          return {
            client: key.slice(keys.client.length),
            tokens: Number(tokens),
            capacity: Number(capacity),
            rejected: Number(rejected),
          };
        });
      const limited = all
        .filter(({ tokens, rejected }) => rejected > 0 || tokens < 1)
        .sort((one, other) => other.rejected - one.rejected);
      const count = `${all.length}${all.length === mostClients ? " clients and more" : " clients"} with a bucket, ${limited.length} of them limited`;
      return {
        facts: [],
        data: limited,
        lines: [
          `  ${count}`,
          ...limited.map(
            ({ client, tokens, capacity, rejected }) =>
              `  ${client}: ${Math.max(0, Math.floor(tokens))} of ${capacity} requests left, ${rejected} refused`,
          ),
        ],
      };
    }),
};

const ofGateway = (target: Target, scope: Scope, about: string, look: () => Promise<Report>): Promise<Report> =>
  reportOfStore(stateRedis(target), about, "its Redis is run by somebody else: ask there", scope, look);

/** Closes the circuit breaker, once who is behind it is healthy again (G09). */
export const closeBreaker: ActingVerb = {
  kind: "acts",
  name: "close-breaker",
  summary: "Close the gateway's circuit breaker before its time, which is refused while the upstream is not Ready.",
  names: [],
  options: [],
  rights: [...rightsOfAsking, { group: "apps", resource: "deployments", verbs: ["get"] }],
  examples: ["close-breaker resilient-api-gateway"],
  async plan(target, scope) {
    const { system, namespace, endpoints, workloads } = target;
    const upstream = workloads.find(({ name }) =>
      endpoints.some((endpoint) => endpoint.name === "Upstream" && endpoint.service === name),
    );
    const redis = stateRedis(target);
    const unable =
      redis === undefined || upstream === undefined
        ? `${system} has no circuit breaker`
        : !redis.own
          ? `the Redis of ${system} is run by somebody else: close the circuit there, by deleting ${keys.breaker}`
          : scope.simulated
            ? "the node is simulated: no container runs there"
            : undefined;
    const now = unable === undefined ? await circuit(target, scope) : undefined;
    const health = unable === undefined ? settled(await living(scope.kubeConfig, namespace, upstream!)) : undefined;
    return {
      changes: [{ object: "circuit breaker", from: now?.state ?? "unknown", to: "CLOSED" }],
      problems: [
        ...(unable ? [unable] : []),
        ...(now?.state === "CLOSED" ? ["the circuit breaker is closed already"] : []),
        ...(health?.ready === false
          ? [`the upstream is not healthy, so the circuit would open again: ${health.detail}`]
          : []),
      ],
      before: { state: now?.detail },
      steps: [
        {
          name: "close the circuit breaker",
          run: async (within) => (
            await askRedis(target, within, ["redis-cli", "DEL", keys.breaker]), "its key is deleted, which means CLOSED"
          ),
        },
      ],
      prove: async () => {
        const { state, detail } = await circuit(target, scope);
        return [(state === "CLOSED" ? yes : no)("circuit breaker", detail)];
      },
      goOn: `see how it is now: runbook breaker ${system}`,
    };
  },
};
