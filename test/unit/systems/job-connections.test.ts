import test from "ava";
import { allContainers, type Container, podSpec, stackObjects } from "../../support/objects.ts";

/** The variables by which programs are told their server. */
const servers = ["PGHOST", "MYSQL_HOST", "REDIS_HOST", "BOOTSTRAP"];

/** Scripts that wait for their server themselves, with a bound. */
const patient = ["provision.sh", "migrate.sh", "populate.sh", "maintain.sh", "dump.sh", "topics.sh"];

const told = ({ env }: Container) => (env ?? []).some(({ name }) => servers.includes(name));
const script = ({ command }: Container) =>
  command
    ?.find((word) => word.endsWith(".sh"))
    ?.split("/")
    .at(-1);

for (const stack of ["dev", "prod"]) {
  test(`each job of stack ${stack} that needs a server has patience for a network that does not know its pod yet`, async (t) => {
    const jobs = (await stackObjects(stack)).filter(({ kind }) => kind === "Job" || kind === "CronJob");
    const waits = jobs.flatMap((object) => {
      const containers = allContainers(podSpec(object));
      const first = containers.findIndex(told);
      if (first < 0) return [];
      const { name } = object.metadata;
      if (patient.includes(script(containers[first]!) ?? "")) return [`${name}: its own`];
      const { name: step, env } = containers[0]!;
      const [host, port] = ["HOST", "PORT"].map((variable) => env?.find((each) => each.name === variable)?.value);
      const meant = ["PGHOST", "MYSQL_HOST"].flatMap(
        (variable) => containers[first]!.env.find((each) => each.name === variable)?.value ?? [],
      );
      return [`${name}: ${step} ${host === meant[0] && /^\d+$/.test(port ?? "") ? "for its server" : "for nobody"}`];
    });
    const steps = waits.filter((wait) => !wait.endsWith(": its own")).map((wait) => wait.replace(/-[0-9a-f]{8}:/, ":"));
    t.deepEqual(
      [...new Set(steps)].sort(),
      ["audit-retention", "bots-db-backup", "bots-db-backup-first", "bots-engine", "bots-migrate"]
        .map((name) => `${name}: wait-for-database for its server`)
        .sort(),
    );
    t.true(waits.length > 15, String(waits.length));
  });
}
