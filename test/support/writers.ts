import { kubectl, mysql, sql } from "./cluster.ts";
import { type DrillClient, startClient } from "./cron-job.ts";

/**
 * A client that writes 1, 2, 3 ... to a store for as long as it runs, and goes on with the same number until the store
 * acknowledges it.
 */
export interface Writer {
  readonly store: string;
  /** How many numbers were acknowledged so far. */
  count(): Promise<number>;
  /**
   * Ends it and removes what it wrote; the numbers that were acknowledged, those of them that the store no longer has,
   * and the longest time between two of them.
   */
  end(): Promise<{ acknowledged: number; lost: number[]; pauseSeconds: number }>;
}

/**
 * A store as a writer sees it. `script` prints each number, and the time in ms, in a line of its own when the store has
 * acknowledged it.
 */
interface Target {
  readonly store: string;
  readonly client: readonly [namespace: string, cronJob: string, container: string];
  readonly script: string;
  prepare(): Promise<unknown>;
  kept(): Promise<string>;
  clean(): Promise<unknown>;
}

/**
 * Runs a command with $n until it succeeds, and says so, twice a second at most: each write is a client of its own, and
 * these cost the node as much as the change.
 */
const counting = (write: string) =>
  `n=0; while n=$((n + 1)); do until ${write} >/dev/null 2>&1; do sleep 0.5; done; echo "$n $(date +%s%3N)"; sleep 0.4; done`;

const inRedis = (...command: string[]) =>
  kubectl(
    "exec",
    "-n",
    "api-gateway",
    "redis-0",
    "-c",
    "redis",
    "--",
    "sh",
    "-c",
    'REDISCLI_AUTH=$(cat /credentials/redis/password) exec redis-cli "$@"',
    "redis-cli",
    ...command,
  );
const inKafka = (...command: string[]) =>
  kubectl("exec", "-n", "techbra-test", "kafka-0", "-c", "kafka", "--", ...command);
const topic = "day-two";

const targets: readonly Target[] = [
  {
    store: "Postgres",
    client: ["data", "postgres-backup", "dump"],
    // Each write logs in anew, so that a rotated password counts as well. A repeated write may find the one that was
    // made without an answer.
    script: `. /scripts/connection.sh; connect; ${counting('{ connect; timeout 10 psql -Xq -c "INSERT INTO day_two VALUES ($n) ON CONFLICT DO NOTHING"; }')}`,
    prepare: () =>
      sql("DROP TABLE IF EXISTS day_two; CREATE TABLE day_two (n int PRIMARY KEY); GRANT ALL ON day_two TO PUBLIC"),
    kept: () => sql("SELECT n FROM day_two"),
    clean: () => sql("DROP TABLE day_two"),
  },
  {
    store: "MySQL",
    client: ["edi", "bots-db-backup", "dump"],
    script: counting(
      '( . /scripts/connection.sh; timeout 10 mariadb --defaults-extra-file="$options" -e "INSERT IGNORE INTO $MYSQL_DATABASE.day_two VALUES ($n)" )',
    ),
    prepare: () =>
      mysql(
        "DROP TABLE IF EXISTS day_two; CREATE TABLE day_two (n int PRIMARY KEY); GRANT INSERT ON botsedi_data.day_two TO backup",
      ),
    kept: () => mysql("SELECT n FROM day_two"),
    clean: () => mysql("REVOKE INSERT ON botsedi_data.day_two FROM backup; DROP TABLE day_two"),
  },
  {
    store: "Redis with state",
    client: ["api-gateway", "redis-backup", "dump"],
    script: counting(
      '[ "$(REDISCLI_AUTH=$(cat "$REDIS_PASSWORD_FILE") timeout 10 redis-cli -h "$REDIS_HOST" --no-auth-warning set day-two:"$n" "$n")" = OK ]',
    ),
    prepare: () => inRedis("ping"),
    kept: async () => (await inRedis("--scan", "--pattern", "day-two:*")).replaceAll("day-two:", ""),
    clean: () =>
      inRedis("eval", "for _, key in ipairs(redis.call('keys', 'day-two:*')) do redis.call('unlink', key) end", "0"),
  },
  {
    store: "Kafka",
    client: ["techbra-test", "kafka-backup", "dump"],
    // Acknowledged by all replicas in sync. A number that was not is not sent again.
    script: `/opt/kafka/bin/kafka-run-class.sh org.apache.kafka.tools.VerifiableProducer --bootstrap-server "$BOOTSTRAP" --topic ${topic} --acks -1 --throughput 5 --value-prefix 0 | sed -un 's/.*"timestamp":\\([0-9]*\\).*producer_send_success.*"value":"0\\.\\([0-9]*\\)".*/\\2 \\1/p'`,
    prepare: () =>
      inKafka(
        "kafka-topics",
        "--bootstrap-server",
        "localhost:9092",
        "--create",
        "--if-not-exists",
        "--topic",
        topic,
        "--partitions",
        "1",
      ),
    kept: async () =>
      (
        await inKafka(
          "bash",
          "-c",
          `/opt/kafka/bin/kafka-console-consumer.sh --bootstrap-server localhost:9092 --topic ${topic} --from-beginning --timeout-ms 10000 2>/dev/null`,
        )
      ).replaceAll("0.", ""),
    clean: () => inKafka("kafka-topics", "--bootstrap-server", "localhost:9092", "--delete", "--topic", topic),
  },
];

const numbers = (lines: string): number[] =>
  lines
    .split("\n")
    .filter((line) => /^\d+$/.test(line))
    .map(Number);
const writes = (lines: string): { n: number; at: number }[] =>
  lines
    .split("\n")
    .filter((line) => /^\d+ \d+$/.test(line))
    .map((line) => line.split(" ").map(Number))
    .map(([n, at]) => ({ n: n!, at: at! }));

async function start({ store, client, script, prepare, kept, clean }: Target): Promise<Writer> {
  await prepare();
  const started: DrillClient = await startClient(...client, script);
  const acknowledged = async () => writes(await started.printed());
  return {
    store,
    count: async () => (await acknowledged()).length,
    async end() {
      const written = await acknowledged();
      await started.remove();
      const there = new Set(numbers(await kept()));
      await clean();
      return {
        acknowledged: written.length,
        lost: written.map(({ n }) => n).filter((n) => !there.has(n)),
        pauseSeconds: Math.max(...written.slice(1).map(({ at }, index) => at - written[index]!.at)) / 1000,
      };
    },
  };
}

/** A writer for each store that keeps data: Postgres, MySQL, a Redis with state, and Kafka. */
export const startWriters = (): Promise<Writer[]> => Promise.all(targets.map(start));
