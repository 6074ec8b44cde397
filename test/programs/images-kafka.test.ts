import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { kafka, kafkaTools } from "../../cluster/images/kafka/recipe.ts";

const server = { main: "kafka.Kafka", heap: "-Xmx1G -Xms1G" };

/**
 * Java that logs its main class with what follows, and some of its variables; it fails as the variable FAILURE says
 * when it sets up.
 */
const java = `#!/bin/bash
echo "java $*" >>"$HOME/log"
env | grep -E '^(KAFKA_|CLUSTER_ID|JMX)' | sort >"$HOME/environment"
case " $* " in *" kafka.docker.KafkaDockerWrapper "*) cp "$HOME/environment" "$HOME/setup"; if [ -n "$FAILURE" ]; then echo "$FAILURE"; exit 1; fi; echo formatted ;; *) echo "$$" >"$HOME/pid" ;; esac
`;

/** What the recipe's commands make of its folder of scripts: the tools beside them. */
const tools = mkdtempSync(join(tmpdir(), "kafka-tools-"));
test.before("the recipe's commands run", async (t) => {
  mkdirSync(join(tools, "opt/kafka/bin"), { recursive: true });
  const hooks = kafka.afterwards!.filter((command) => command.includes("/opt/kafka/bin/"));
  t.is((await run("sh", ["-ec", hooks.join("\n"), "hooks", tools], process.env as Record<string, string>)).code, 0);
});
test.after.always("the tools are removed", () => rmSync(tools, { recursive: true, force: true }));

/** An image's file system below a temporary folder, with the recipe's scripts and a Java that only logs. */
function image(t: ExecutionContext) {
  const home = mkdtempSync(join(tmpdir(), "kafka-test-"));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  cpSync(tools, home, { recursive: true });
  for (const { from, to } of kafka.files) {
    mkdirSync(join(home, to, ".."), { recursive: true });
    writeFileSync(
      join(home, to),
      readFileSync(from, "utf8").replaceAll(/\/(opt\/kafka|etc\/kafka|mnt\/shared)/g, `${home}/$1`),
      { mode: 0o755 },
    );
  }
  mkdirSync(join(home, "bin"));
  writeFileSync(join(home, "bin/java"), java, { mode: 0o755 });
  const read = (name: string) => readFileSync(join(home, name), "utf8").trim().split("\n");
  return {
    home,
    write: (name: string, content: string) => {
      mkdirSync(join(home, name, ".."), { recursive: true });
      writeFileSync(join(home, name), content);
    },
    start: (environment: Record<string, string>, program = "etc/kafka/docker/run", ...args: string[]) =>
      run(join(home, program), args, { HOME: home, PATH: `${home}/bin:/usr/bin:/bin`, ...environment }),
    log: () => read("log"),
    read,
  };
}

const run = (program: string, args: readonly string[], env: Record<string, string>) =>
  new Promise<{ code: number; pid: number; output: string }>((resolve) => {
    const child = execFile(program, args, { env }, (error, stdout, stderr) =>
      resolve({ code: error ? (child.exitCode ?? -1) : 0, pid: child.pid!, output: `${stdout}${stderr}`.trim() }),
    );
  });

test("a start sets up from the variables, and the server takes the process over", async (t) => {
  const { home, start, log, read } = image(t);
  const { code, pid, output } = await start(
    { KAFKA_NODE_ID: "0", KAFKA_ADVERTISED_LISTENERS: "PLAINTEXT://kafka-0:9092,OUT://10.0.0.1:9094" },
    "etc/kafka/docker/run",
    "KAFKA_NUM_PARTITIONS=3",
  );
  t.is(code, 0);
  t.is(output, "formatted");
  t.deepEqual(read("setup"), [
    "CLUSTER_ID=5L6g3nShT-eMCtK--X86sw",
    "JMX_PORT=",
    "KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://kafka-0:9092,OUT://10.0.0.1:9094",
    "KAFKA_JMX_OPTS=",
    "KAFKA_LISTENERS=PLAINTEXT://0.0.0.0:9092,OUT://0.0.0.0:9094",
    "KAFKA_NODE_ID=0",
    "KAFKA_NUM_PARTITIONS=3",
  ]);
  const [setup, started, ...more] = log();
  t.true(
    setup!.endsWith(
      `kafka.docker.KafkaDockerWrapper setup --default-configs-dir ${home}/etc/kafka/docker --mounted-configs-dir ${home}/mnt/shared/config --final-configs-dir ${home}/opt/kafka/config`,
    ),
  );
  t.true(started!.startsWith(`java ${server.heap} -server -XX:+UseG1GC `));
  t.true(started!.endsWith(` ${server.main} ${home}/opt/kafka/config/server.properties`));
  t.true(started!.includes(` -Dlog4j2.configurationFile=${home}/opt/kafka/bin/../config/log4j2.yaml `));
  t.deepEqual(more, []);
  t.is(read("pid")[0], String(pid), "a signal to the container reaches the server");
});

test("a storage that is formatted is used as it is; any other failure of the setup ends the start", async (t) => {
  const again = image(t);
  t.is((await again.start({ FAILURE: "Log directory /data is already formatted. Use --ignore-formatted" })).code, 0);
  t.is(again.log().length, 2);
  const broken = image(t);
  t.deepEqual(await broken.start({ FAILURE: "Invalid node.id" }).then(({ code, output }) => ({ code, output })), {
    code: 1,
    output: "error: the configuration or the storage cannot be set up: Invalid node.id",
  });
  t.is(broken.log().length, 1);
});

test("a controller alone advertises nothing, and its listeners are its own", async (t) => {
  const { start, read } = image(t);
  t.is((await start({ KAFKA_PROCESS_ROLES: "controller", KAFKA_ADVERTISED_LISTENERS: "" })).code, 0);
  t.deepEqual(
    read("setup").filter((line) => line.includes("LISTENERS")),
    [],
  );
  const { code, output } = await start({
    KAFKA_PROCESS_ROLES: "controller",
    KAFKA_ADVERTISED_LISTENERS: "PLAINTEXT://a:9092",
  });
  t.is(code, 1);
  t.is(output, "error: KAFKA_ADVERTISED_LISTENERS is not for a node that is a controller alone");
});

test("stores and passwords of an SSL listener come from the secrets' folder and never as arguments", async (t) => {
  const { home, write, start, read, log } = image(t);
  const ssl = {
    KAFKA_ADVERTISED_LISTENERS: "SSL://a:9092",
    KAFKA_SSL_KEYSTORE_FILENAME: "key.p12",
    KAFKA_SSL_KEYSTORE_CREDENTIALS: "store",
    KAFKA_SSL_KEY_CREDENTIALS: "key",
  };
  t.is(
    (await start(ssl)).output,
    `error: ${home}/etc/kafka/secrets/key.p12, which KAFKA_SSL_KEYSTORE_FILENAME names, cannot be read`,
  );
  for (const [name, content] of Object.entries({
    "key.p12": "",
    store: "store-password\n",
    key: "key-password\n",
    "trust.p12": "",
    trust: "trust-password\n",
  }))
    write(`etc/kafka/secrets/${name}`, content);
  t.is(
    (await start({ ...ssl, KAFKA_SSL_CLIENT_AUTH: "required" })).output,
    "error: an SSL listener needs KAFKA_SSL_TRUSTSTORE_FILENAME",
  );
  t.is(
    (
      await start({
        ...ssl,
        KAFKA_SSL_CLIENT_AUTH: "required",
        KAFKA_SSL_TRUSTSTORE_FILENAME: "trust.p12",
        KAFKA_SSL_TRUSTSTORE_CREDENTIALS: "trust",
      })
    ).code,
    0,
  );
  t.deepEqual(
    read("setup").filter((line) => /_(LOCATION|PASSWORD)=/.test(line)),
    [
      `KAFKA_SSL_KEYSTORE_LOCATION=${home}/etc/kafka/secrets/key.p12`,
      "KAFKA_SSL_KEYSTORE_PASSWORD=store-password",
      "KAFKA_SSL_KEY_PASSWORD=key-password",
      `KAFKA_SSL_TRUSTSTORE_LOCATION=${home}/etc/kafka/secrets/trust.p12`,
      "KAFKA_SSL_TRUSTSTORE_PASSWORD=trust-password",
    ],
  );
  t.false(log().join("\n").includes("-password"));
});

test("a folder of final configurations that is not there, and SASL without its file, are errors before anything runs", async (t) => {
  const { home, start } = image(t);
  t.is(
    (await start({ KAFKA_ADVERTISED_LISTENERS: "SASL_PLAINTEXT://a:9092" })).output,
    "error: a SASL listener needs KAFKA_OPTS with -Djava.security.auth.login.config",
  );
  rmSync(join(home, "opt/kafka/config"), { recursive: true });
  t.is((await start({})).output, `error: ${home}/opt/kafka/config cannot be written: mount a volume there`);
  t.throws(() => readFileSync(join(home, "log")), { code: "ENOENT" });
});

test("the server alone opens the JMX port", async (t) => {
  const { start, log } = image(t);
  t.is((await start({ KAFKA_JMX_PORT: "9999", KAFKA_JMX_HOSTNAME: "kafka-0" })).code, 0);
  t.deepEqual(
    log().map((line) => /jmxremote\.port=(\d+)/.exec(line)?.[1]),
    [undefined, "9999"],
  );
  t.regex(log()[1]!, /-Djava\.rmi\.server\.hostname=kafka-0 .*jmxremote\.rmi\.port=9999/);
});

test("each tool runs its class with a small heap and logs by the final configuration, or by the default before there is one", async (t) => {
  const { home, start, log } = image(t);
  for (const name of Object.keys(kafkaTools).slice(0, 3))
    t.is((await start({}, `opt/kafka/bin/${name}.sh`, "--list", "two words")).code, 0, name);
  t.deepEqual(
    log().map((line) => line.split(" ").slice(-4)),
    Object.values(kafkaTools)
      .slice(0, 3)
      .map((main) => [main, "--list", "two", "words"]),
  );
  t.true(
    log().every(
      (line) =>
        line.startsWith("java -Xmx256M ") &&
        line.includes(
          ` -Dlog4j2.configurationFile=${home}/opt/kafka/config/tools-log4j2.yaml -cp ${home}/opt/kafka/libs/* `,
        ),
    ),
  );
  rmSync(join(home, "opt/kafka/config"), { recursive: true });
  await start({ KAFKA_HEAP_OPTS: "-Xmx64m" }, "opt/kafka/bin/kafka-topics.sh", "--list");
  t.true(log().at(-1)!.startsWith("java -Xmx64m "));
  t.true(log().at(-1)!.includes(` -Dlog4j2.configurationFile=${home}/etc/kafka/docker/tools-log4j2.yaml `));
});
