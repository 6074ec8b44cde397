import type { Target } from "../../../components/systems/target.ts";
import { choice } from "../../../settings/nearest-name.ts";
import { type Fact, no, notMeasured, yes } from "../fact.ts";
import { askKafka, brokers } from "../kafka-brokers.ts";
import { reportOfStore, rightsOfAsking } from "../own-store.ts";
import { UsageError } from "../errors.ts";
import type { ReadingVerb, Report, Scope } from "../verb.ts";

/** What a consumer group has not read of a topic; `lag` is unknown for partitions where it never committed anything. */
interface Behind {
  readonly group: string;
  readonly topic: string;
  readonly lag: number;
  readonly partitions: number;
  readonly uncommitted: number;
  readonly members: number;
}

/** Shows what waits in Kafka (T07, T08). */
export const lag: ReadingVerb = {
  kind: "reads",
  name: "lag",
  summary:
    "Show what each consumer group has not read yet, topic by topic, and whether that is within the system's objective.",
  names: [{ form: "[group...]", description: "only these consumer groups" }],
  options: [],
  rights: rightsOfAsking,
  examples: ["lag techbra-ecommerce"],
  look: (target, scope, { names }) =>
    asked(target, scope, "consumer groups", ["kafka-consumer-groups", "--describe", "--all-groups"], (said) => {
      const all = behindIn(said);
      const groups = [...new Set(all.map(({ group }) => group))];
      const unknown = names.find((name) => !groups.includes(name));
      if (unknown !== undefined)
        throw new UsageError(`Kafka knows no consumer group "${unknown}"; ${choice(unknown, groups)}`);
      const most = target.objectives["consumerLag"];
      const chosen = all.filter(({ group }) => names.length === 0 || names.includes(group));
      return {
        data: chosen,
        facts:
          chosen.length === 0
            ? [notMeasured("consumer groups", "Kafka knows none")]
            : chosen.map((each) => within(each, most)),
      };
    }),
};

function within(
  { group, topic, lag: waiting, uncommitted, members, partitions }: Behind,
  most: number | undefined,
): Fact {
  const about = `${group} on ${topic}`;
  const detail = [
    `${waiting} messages wait`,
    members === 0 ? "nobody reads" : `${members} read`,
    ...(uncommitted > 0 ? [`${uncommitted} of ${partitions} partitions were never read`] : []),
  ].join(", ");
  if (members === 0 && waiting > 0) return no(about, detail);
  if (most === undefined) return notMeasured(about, `${detail}; the system names no objective`);
  return (waiting < most ? yes : no)(about, `${detail}, fewer than ${most} are wanted`);
}

/** Reads the tables that Kafka's own tool prints, one a group, in whatever order its columns come. */
export function behindIn(said: string): Behind[] {
  const sums = new Map<
    string,
    { group: string; topic: string; lag: number; partitions: number; uncommitted: number; consumers: Set<string> }
  >();
  let columns: string[] = [];
  for (const words of said.split("\n").map((line) => line.trim().split(/\s+/))) {
    if (words[0] === "GROUP") columns = words;
    if (columns.length === 0 || words[0] === "GROUP" || words.length < columns.length) continue;
    const of = (name: string) => words[columns.indexOf(name)] ?? "-";
    const key = `${of("GROUP")} ${of("TOPIC")}`;
    const sum = sums.get(key) ?? {
      group: of("GROUP"),
      topic: of("TOPIC"),
      lag: 0,
      partitions: 0,
      uncommitted: 0,
      consumers: new Set<string>(),
    };
    sums.set(key, sum);
    sum.partitions += 1;
    if (of("LAG") === "-") sum.uncommitted += 1;
    else sum.lag += Number(of("LAG"));
    if (of("CONSUMER-ID") !== "-") sum.consumers.add(of("CONSUMER-ID"));
  }
  return [...sums.values()].map(({ consumers, ...rest }) => ({ ...rest, members: consumers.size }));
}

/** A topic with its partitions that lack copies or a leader. */
interface Topic {
  readonly topic: string;
  readonly partitions: number;
  readonly replicas: number;
  readonly behind: readonly string[];
}

/** Shows the topics and the partitions that lack a copy (T09). */
export const topics: ReadingVerb = {
  kind: "reads",
  name: "topics",
  summary:
    "Show Kafka's topics with their partitions and copies, and name each partition that lacks a leader or a copy.",
  names: [],
  options: [],
  rights: rightsOfAsking,
  examples: ["topics techbra-ecommerce"],
  look: (target, scope) =>
    asked(target, scope, "topics", ["kafka-topics", "--describe"], (said) => {
      const all = topicsIn(said);
      return {
        data: all,
        facts:
          all.length === 0
            ? [notMeasured("topics", "Kafka has none")]
            : all.map(({ topic, partitions, replicas, behind }) => {
                const detail = `${partitions} partitions, ${replicas} copies each`;
                return behind.length === 0
                  ? yes(`topic ${topic}`, detail)
                  : no(`topic ${topic}`, `${detail}; ${behind.join(", ")}`);
              }),
      };
    }),
};

export function topicsIn(said: string): Topic[] {
  const found = new Map<string, { topic: string; partitions: number; replicas: number; behind: string[] }>();
  for (const line of said.split("\n")) {
    const of = (name: string) => new RegExp(`(?:^|\\s)${name}: *(\\S+)`).exec(line)?.[1];
    const [topic, partition] = [of("Topic"), of("Partition")];
    if (topic === undefined || partition === undefined) continue;
    const replicas = (of("Replicas") ?? "").split(",");
    const inSync = (of("Isr") ?? "").split(",");
    const sum = found.get(topic) ?? { topic, partitions: 0, replicas: replicas.length, behind: [] };
    found.set(topic, sum);
    sum.partitions += 1;
    const missing = replicas.filter((id) => !inSync.includes(id));
    if (of("Leader") === "none" || of("Leader") === "-1") sum.behind.push(`partition ${partition} has no leader`);
    else if (missing.length > 0)
      sum.behind.push(`partition ${partition} has no copy in sync on broker ${missing.join(", ")}`);
  }
  return [...found.values()];
}

/** Asks one of the system's own brokers by Kafka's own tool. */
function asked(
  target: Target,
  scope: Scope,
  about: string,
  command: readonly string[],
  read: (said: string) => Report,
): Promise<Report> {
  const kafka = target.dataStores.some(({ kind }) => kind === "kafka")
    ? { own: brokers(target) !== undefined }
    : undefined;
  return reportOfStore(
    kafka,
    about,
    "this Kafka is run by an operator or by somebody else: ask there",
    scope,
    async () => read(await askKafka(target, scope, command)),
  );
}
