import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { checksumFile, mavenFiles } from "../../../cluster/images/maven.ts";
import { recipes } from "../../../cluster/images/recipes.ts";
import { cacheFolder } from "../../../cluster/paths.ts";
import { clusterImages, workloadImages } from "../../../cluster/pins.ts";
import { images } from "../../../components/images.ts";
import { checkout } from "../../../scripts/support/checkout.ts";

const recipe = (name: string) => recipes().find((candidate) => candidate.name === name)!;
const kafkaPom = recipe(images.kafka).maven!.pom;
const listed = readFileSync(checksumFile(kafkaPom), "utf8").split("\n").filter((line) => line !== "");

/** A Maven that copies the folder `repository` beside the pom to where it is told to, and keeps its arguments there. */
const programs = mkdtempSync(join(tmpdir(), "images-test-bin-"));
writeFileSync(join(programs, "mvn"), `#!/bin/sh
for argument; do case $argument in --file=*) pom=\${argument#*=} ;; -DoutputDirectory=*) target=\${argument#*=} ;; esac; done
printf '%s\\n' "$@" >"$(dirname "$pom")/arguments"
cp "$(dirname "$pom")"/repository/* "$target"
`);
chmodSync(join(programs, "mvn"), 0o755);
process.env["PATH"] = [programs, process.env["PATH"]].join(delimiter);
test.after.always(() => rmSync(programs, { recursive: true, force: true }));

const sums = { a: "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7", b: "0263829989b6fd954f72baaf2fc64bc2e2f01d692d4de72986ea808f6e99813f" }; // of "a\n" and "b\n"

/** A pom with a checksum list and a Maven repository of its own. */
function project(t: ExecutionContext, list: string, jars: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "images-test-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "repository"));
  for (const [name, content] of Object.entries(jars)) writeFileSync(join(folder, "repository", name), content);
  writeFileSync(join(folder, "pom.xml"), "<project/>");
  writeFileSync(join(folder, "dependencies.sha256"), list);
  return { pom: join(folder, "pom.xml"), to: "opt/libs", work: join(folder, "work"), arguments: () => readFileSync(join(folder, "arguments"), "utf8").trim().split("\n") };
}

test("every image of the cluster and of its workloads has one recipe", (t) => {
  t.deepEqual(recipes().map(({ name }) => name).sort(), [...Object.values(clusterImages), ...Object.values(workloadImages)].sort());
});

test("every file that a recipe copies from the checkout exists", (t) => {
  const sources = recipes().flatMap(({ files, maven }) => [...files.map(({ from }) => from), ...(maven ? [maven.pom, checksumFile(maven.pom)] : [])]);
  const ours = sources.filter((source) => source.startsWith(checkout) && !source.startsWith(cacheFolder));
  t.true(ours.length > 10);
  t.deepEqual(ours.filter((source) => !existsSync(source)), []);
});

test("users have the numbers of the upstream images", (t) => {
  const users = Object.fromEntries(Object.entries(workloadImages).map(([key, name]) => [key, recipe(name).user?.id]));
  t.deepEqual(users, { postgres: 999, redis: 999, mariadb: 999, kafka: 1000, node: 1000 });
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
    description: "Built on this machine because no image registry can be reached: Debian's openjdk-17-jre-headless with Kafka's jars of Maven Central",
  });
});

test("Kafka's pom and checksum list are of the release that the image's tag names", (t) => {
  const release = images.kafka.split(":")[1]!;
  const pom = readFileSync(kafkaPom, "utf8");
  t.deepEqual([...pom.matchAll(/<artifactId>(kafka_2\.13|kafka-tools)<\/artifactId>\s*<version>(.*?)</g)].map(([, name, version]) => `${name} ${version}`), [`kafka_2.13 ${release}`, `kafka-tools ${release}`]);
  const jars = listed.map((line) => line.slice(66));
  t.deepEqual(jars.filter((jar) => /^kafka[-_]/.test(jar) && !jar.endsWith(`-${release}.jar`)), []);
  for (const jar of [`kafka_2.13-${release}.jar`, `kafka-tools-${release}.jar`, "log4j-slf4j-impl-2.24.3.jar"]) t.true(jars.includes(jar), jar);
  t.deepEqual(jars, [...jars].sort());
  t.true(listed.every((line) => /^[0-9a-f]{64} {2}[\w.-]+\.jar$/.test(line)));
});

test("Maven's files go to the recipe's folder, fetched into a repository below the work folder", async (t) => {
  const { pom, to, work, arguments: given } = project(t, `${sums.a}  a.jar\n${sums.b}  b.jar\n`, { "a.jar": "a\n", "b.jar": "b\n" });
  t.deepEqual(await mavenFiles({ pom, to }, work), ["a.jar", "b.jar"].map((name) => ({ from: join(work, "dependencies", name), to: `opt/libs/${name}` })));
  t.deepEqual(given(), [
    "--batch-mode", "--quiet", "--strict-checksums", `--file=${pom}`,
    `-Dmaven.repo.local=${join(work, "repository")}`, `-DoutputDirectory=${join(work, "dependencies")}`, "dependency:copy-dependencies",
  ]);
});

test("a file with another content, one too many and one too few are each named", async (t) => {
  const { pom, to, work } = project(t, `${sums.a}  a.jar\n${sums.b}  gone.jar\n`, { "a.jar": "b\n", "more.jar": "a\n" });
  const error = await t.throwsAsync(mavenFiles({ pom, to }, work));
  t.deepEqual(error.message.split("\n").slice(1), [`-${sums.a}  a.jar`, `-${sums.b}  gone.jar`, `+${sums.b}  a.jar`, `+${sums.a}  more.jar`]);
});

test("what Maven could not fetch is an error and not an image without it", async (t) => {
  const { pom, to, work } = project(t, "", {}); // its repository is empty, and copying nothing fails
  await t.throwsAsync(mavenFiles({ pom, to }, work), { message: /^mvn .* failed \(exit 1\)/ });
});
