import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test, { type ExecutionContext } from "ava";
import { parse } from "yaml";
import { ruleFile } from "../../../../components/alerts/rules.ts";
import { systemAlerts } from "../../../../components/systems/alerts.ts";
import type { Target } from "../../../../components/systems/target.ts";
import { fakeCluster } from "../../../support/fake-cluster.ts";
import { runbook, shop } from "../../../support/runbook.ts";

const edi: Target = { ...shop, system: "bots-edi", namespace: "edi" };
const group = systemAlerts.find(({ system }) => system === "bots-edi")!;

/** A Prometheus that has loaded all of our rules, some of them in this state. */
async function prometheus(t: ExecutionContext, states: Readonly<Record<string, object>>): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url !== "/api/v1/rules?type=alert") return void response.writeHead(404).end();
    const groups = ruleFile(systemAlerts).groups.map(({ name, rules }) => ({
      name,
      rules: rules
        .filter(({ alert }) => alert !== undefined)
        .map(({ alert, labels }) => ({
          name: alert,
          labels,
          health: "ok",
          alerts: [],
          ...states[`${name} ${alert}`],
        }))
        .filter((rule) => !("gone" in rule)),
    }));
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify({ status: "success", data: { groups } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

test("alerts without a Prometheus lists what is watched, with its number and the first command, and asks nothing", async (t) => {
  const cluster = await fakeCluster(t, []);
  const { code, stdout, stderr } = await runbook(cluster, ["alerts", "bots-edi"], { targets: [edi] });
  t.deepEqual([code, stderr], [0, ""]);
  const lines = stdout.trimEnd().split("\n");
  t.is(lines.length, 1 + group.alerts.length);
  t.is(lines[0], "bots-edi (namespace edi)");
  t.regex(lines[1]!, /^ {2}BotsWebserverDown +critical +0 for 1m +npx runbook status bots-edi$/);
  t.regex(stdout, /^ {2}JobFailed +warning +0 s +npx runbook run bots-edi <cronjob>$/m);
  t.regex(stdout, /^ {2}BotsHighErrorRate +warning +5 % for 10m +npx runbook logs bots-edi --since 1h$/m);
});

test("alerts says of each alert whether it fires, by how much and since when, and what to do (E13)", async (t) => {
  const labels = { alertname: "JobFailed", system: "bots-edi", namespace: "edi", cronjob: "bots-engine" };
  const url = await prometheus(t, {
    "bots-edi JobFailed": { alerts: [{ labels, annotations: {}, state: "firing", activeAt: ago(7), value: "9e+02" }] },
    "bots-edi BotsHighErrorRate": {
      alerts: [{ labels: { namespace: "edi" }, annotations: {}, state: "pending", activeAt: ago(3), value: "8.3e-02" }],
    },
    "bots-edi BotsSlowProcessing": { health: "err", lastError: "many-to-many matching not allowed" },
    "bots-edi BotsQueueDeep": { gone: true },
    "bots-edi BackupTooOld": { health: "unknown" },
  });
  const cluster = await fakeCluster(t, []);
  const { code, stdout } = await runbook(cluster, ["alerts", "bots-edi", "--prometheus", `${url}/`], {
    targets: [edi],
  });
  t.is(code, 1);
  const lines = stdout.split("\n");
  for (const line of [
    "  FAIL JobFailed: The last run of bots-engine failed, and none has succeeded since. warning for 7 min, now 900 s; act within a working day: npx runbook run bots-edi bots-engine",
    "  ok   BotsHighErrorRate: More transactions end in an error than one in twenty. It fires when that lasts 10m, and does for 3 min",
    "  ?    BotsSlowProcessing: not measured, many-to-many matching not allowed",
    '  ?    BotsQueueDeep: not measured, this Prometheus has no such rule; "npx runbook rules" prints them all',
    "  ?    BackupTooOld: not measured, it was not evaluated yet",
    "  ok   BotsWebserverDown: does not fire",
    `alerts of stack dev on here: ${group.alerts.length - 4} yes, 1 no, 3 not measured`,
  ])
    t.true(lines.includes(line), `${line}\n${stdout}`);
});

test("alerts of a sound system end with 0, and a firing alert of another system is not its own", async (t) => {
  const labels = { namespace: "data", cronjob: "postgres-backup" };
  const url = await prometheus(t, {
    "bgc-platform JobFailed": { alerts: [{ labels, annotations: {}, state: "firing", activeAt: ago(7), value: "1" }] },
  });
  const cluster = await fakeCluster(t, []);
  t.is((await runbook(cluster, ["alerts", "--prometheus", url, "--strict"], { targets: [edi] })).code, 0);
  t.is((await runbook(cluster, ["alerts", "--prometheus", url], { targets: [shop] })).code, 1);
});

test("a Prometheus that cannot be asked is not measured, with its address and the reason, and a word that is no address is refused", async (t) => {
  const cluster = await fakeCluster(t, []);
  const url = await prometheus(t, {});
  const asked = (address: string) => runbook(cluster, ["alerts", "--prometheus", address], { targets: [edi] });
  const wrong = await asked(`${url}/nothing`);
  t.is(wrong.code, 1);
  t.true(
    wrong.stdout.includes(
      `  ?    alerts of bots-edi: not measured, ${url}/nothing/api/v1/rules?type=alert: HTTP 404\n`,
    ),
    wrong.stdout,
  );
  t.deepEqual(await asked("prometheus"), {
    code: 2,
    stdout: "",
    stderr: '--prometheus "prometheus" is no address: write http://HOST:PORT\n',
  });
});

test("rules prints the whole rule file with links below an address, and Alertmanager's configuration", async (t) => {
  const cluster = await fakeCluster(t, []);
  const said = async (...args: string[]) => {
    const { code, stdout } = await runbook(cluster, ["rules", ...args], { bare: true });
    t.is(code, 0);
    return parse(stdout) as { groups?: unknown; route?: { receiver: string } };
  };
  t.deepEqual(await said(), ruleFile(systemAlerts));
  t.deepEqual(await said("--pages", "https://git.example.com"), ruleFile(systemAlerts, "https://git.example.com"));
  t.is((await said("--alertmanager")).route?.receiver, "ticket");
});
