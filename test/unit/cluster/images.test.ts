import { existsSync, readFileSync } from "node:fs";
import test from "ava";
import { checksumFile } from "../../../cluster/images/maven.ts";
import { recipes, traefikImage } from "../../../cluster/images/recipes.ts";
import { cacheFolder } from "../../../cluster/paths.ts";
import { clusterImages, workloadImages } from "../../../cluster/pins.ts";
import { images } from "../../../components/images.ts";
import { checkout } from "../../../scripts/support/checkout.ts";

const recipe = (name: string) => recipes().find((candidate) => candidate.name === name)!;
const kafkaPom = recipe(images.kafka).maven!.pom;
const listed = readFileSync(checksumFile(kafkaPom), "utf8")
  .split("\n")
  .filter((line) => line !== "");

test("every image of the cluster and of its workloads has one recipe", (t) => {
  t.deepEqual(
    [...recipes(), traefikImage].map(({ name }) => name).sort(),
    [...Object.values(clusterImages), ...Object.values(workloadImages)].sort(),
  );
});

test("every file that a recipe copies from the checkout exists", (t) => {
  const sources = recipes().flatMap(({ files, maven }) => [
    ...files.map(({ from }) => from),
    ...(maven ? [maven.pom, checksumFile(maven.pom)] : []),
  ]);
  const ours = sources.filter((source) => source.startsWith(checkout) && !source.startsWith(cacheFolder));
  t.true(ours.length > 10);
  t.deepEqual(
    ours.filter((source) => !existsSync(source)),
    [],
  );
});

test("users have the numbers of the upstream images", (t) => {
  const users = Object.fromEntries(Object.entries(workloadImages).map(([key, name]) => [key, recipe(name).user?.id]));
  t.deepEqual(users, {
    postgres: 999,
    redis: 999,
    mariadb: 999,
    mysql: 999,
    kafka: 1000,
    node: 1000,
    nginx: 101,
    rclone: 1009,
  });
});

test("MariaDB and Kafka start as their upstream images do", (t) => {
  t.deepEqual(recipe(images.mariadb).config, {
    entrypoint: ["docker-entrypoint.sh"],
    command: ["mariadbd"],
    environment: { LANG: "C.UTF-8" },
    volumes: ["/var/lib/mysql"],
    description: "Built on this machine because no image registry can be reached: Debian's mariadb-server",
  });
  t.deepEqual(recipe(images.kafka).config, {
    command: ["/etc/kafka/docker/run"],
    environment: { LANG: "C.UTF-8" },
    user: "appuser",
    volumes: ["/etc/kafka/secrets", "/var/lib/kafka/data", "/mnt/shared/config"],
    description:
      "Built on this machine because no image registry can be reached: Debian's openjdk-17-jre-headless with Kafka's jars of Maven Central",
  });
});

test("MySQL's programs come from the one release of Debian that has them, and everything else from bookworm", (t) => {
  const { packages, suite, config } = recipe(images.mysql);
  t.deepEqual([packages, suite], [["mysql-server-core", "mysql-client-core"], "sid"]);
  t.is(
    config.description,
    "Built on this machine because no image registry can be reached: Debian's mysql-server-core, without the entrypoint, since only its programs are used",
  );
  t.deepEqual(
    recipes()
      .filter((other) => other.suite !== undefined)
      .map(({ name }) => name),
    [images.mysql],
  );
});

test("Kafka's pom and checksum list are of the release that the image's tag names", (t) => {
  const release = images.kafka.split(":")[1]!;
  const pom = readFileSync(kafkaPom, "utf8");
  t.deepEqual(
    [...pom.matchAll(/<artifactId>(kafka_2\.13|kafka-tools)<\/artifactId>\s*<version>(.*?)</g)].map(
      ([, name, version]) => `${name} ${version}`,
    ),
    [`kafka_2.13 ${release}`, `kafka-tools ${release}`],
  );
  const jars = listed.map((line) => line.slice(66));
  t.deepEqual(
    jars.filter((jar) => /^kafka[-_]/.test(jar) && !jar.endsWith(`-${release}.jar`)),
    [],
  );
  for (const jar of [`kafka_2.13-${release}.jar`, `kafka-tools-${release}.jar`, "log4j-slf4j-impl-2.24.3.jar"])
    t.true(jars.includes(jar), jar);
  t.deepEqual(jars, [...jars].sort());
  t.true(listed.every((line) => /^[0-9a-f]{64} {2}[\w.-]+\.jar$/.test(line)));
});
