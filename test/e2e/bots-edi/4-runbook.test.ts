import test from "ava";
import { eventually, kubectl } from "../../support/cluster.ts";
import { actsWell, looksWell } from "../../support/live-runbook.ts";

const suspended = () => kubectl("get", "cronjob", "bots-engine", "-n", "edi", "-o", "jsonpath={.spec.suspend}");

test.serial("the engine is suspended, run by hand meanwhile, and resumed (E03)", async (t) => {
  await actsWell(t, "edi", "suspend", "bots-edi", "bots-engine");
  t.is(await suspended(), "true");
  // A run that the schedule started before goes on, and no other may begin beside it.
  await eventually(
    "no run of the engine",
    300,
    () => kubectl("get", "cronjob", "bots-engine", "-n", "edi", "-o", "jsonpath={.status.active[*].name}"),
    (names) => names === "",
  );
  await actsWell(t, "edi", "run", "bots-edi", "bots-engine");
  await actsWell(t, "edi", "resume", "bots-edi", "bots-engine");
  t.is(await suspended(), "false");
});

test.serial(
  "the newest copy of EDI's database restores in a scratch server, with every table and record (E12, X07)",
  async (t) => {
    await actsWell(t, "edi", "drill", "bots-edi", "mysql");
  },
);

// After a run by hand: one of the schedule that met a drill's lock has failed, and the state says so until the next.
test.serial("EDI's state and its logs are seen in one command each (E15)", async (t) => {
  await looksWell(t, ["status", "bots-edi"], ["verify", "bots-edi"], ["logs", "bots-edi"]);
});

test.serial("what runs by hand have left behind is removed, and what the stack declares stays (E15)", async (t) => {
  const jobs = () => kubectl("get", "jobs", "-n", "edi", "-o", "jsonpath={.items[*].metadata.name}");
  const declared = async () =>
    (await jobs()).split(" ").filter((name) => /^(bots-migrate|mysql-provision)-/.test(name));
  const before = await declared();
  await actsWell(t, "edi", "cleanup", "bots-edi", "--older-than", "1s");
  t.true(before.length > 0);
  t.deepEqual(await declared(), before);
});
