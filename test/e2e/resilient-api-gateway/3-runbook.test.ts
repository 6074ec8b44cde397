import test from "ava";
import { kubectl } from "../../support/cluster.ts";
import { actsWell, looksWell } from "../../support/live-runbook.ts";

const system = "resilient-api-gateway";
const uids = async () =>
  (
    await kubectl(
      "get",
      "pods",
      "-n",
      "api-gateway",
      "-l",
      "app in (proxy-service,upstream-service,redis)",
      "-o",
      "jsonpath={.items[*].metadata.uid}",
    )
  ).split(" ");
/** What an update compares: the pods' annotations, and how many there are to be. */
const declared = () =>
  kubectl(
    "get",
    "deployments,statefulsets,horizontalpodautoscalers",
    "-n",
    "api-gateway",
    "-o",
    'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.spec.template.metadata.annotations} {.spec.minReplicas}-{.spec.maxReplicas}{"\\n"}{end}',
  );

test.serial("the gateway's state, its copies, its breaker and its clients are seen as they are (G09)", async (t) => {
  await looksWell(
    t,
    ["status", system],
    ["verify", system],
    ["backups", system],
    ["breaker", system],
    ["clients", system],
  );
});

test.serial("a copy that the command makes is verified, and its evidence stays in the cluster (G08)", async (t) => {
  await actsWell(t, "api-gateway", "backup", system, "redis");
});

test.serial("the newest snapshot restores in a scratch server, with the keys that it had (G08, X07)", async (t) => {
  await actsWell(t, "api-gateway", "drill", system, "redis");
});

test.serial(
  "the gateway's Redis is restored while it serves, and its append-only file has the restored keys (G09)",
  async (t) => {
    await actsWell(t, "api-gateway", "restore", system, "redis");
    await looksWell(t, ["verify", system], ["clients", system], ["breaker", system]);
  },
);

test.serial(
  "a restart replaces every pod, one after another, and leaves nothing that an update would change (B13)",
  async (t) => {
    const [before, as] = [await uids(), await declared()];
    await actsWell(t, "api-gateway", "restart", system);
    const after = await uids();
    t.true(after.length >= 3, after.join(" "));
    t.deepEqual(
      after.filter((uid) => before.includes(uid)),
      [],
    );
    t.is(await declared(), as);
  },
);
