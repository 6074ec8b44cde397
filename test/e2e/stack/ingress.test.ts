import { targetsIn, urlOf } from "../../../components/systems/outputs.ts";
import { projectFolder, pulumi } from "../../../scripts/support/pulumi.ts";
import { stateFolder } from "../../../scripts/support/checkout.ts";
import { command, kubectl } from "../../support/cluster.ts";
import { testOwn } from "../../support/own-cluster.ts";

/** curl, as a person types it; the names below localhost need nothing else. */
async function curl(...args: string[]): Promise<{ status: number; location: string; body: string }> {
  const { code, stdout, stderr } = await command("curl", [
    "--silent",
    "--show-error",
    "--max-time",
    "10",
    "--write-out",
    "\n%{http_code} %{redirect_url}",
    ...args,
  ]);
  if (code !== 0) throw new Error(stderr);
  const [, body, status, location] = /^([\s\S]*)\n(\d+) (.*)$/.exec(stdout)!;
  return { status: Number(status), location: location!, body: body! };
}

async function endpoints() {
  const { output } = await pulumi(
    ["stack", "output", "--stack", "dev", "--json"],
    { folder: projectFolder(stateFolder, "dev"), env: process.env as Record<string, string> },
    { capture: true },
  );
  return targetsIn(JSON.parse(output) as Record<string, unknown>)
    .flatMap((target) => target.endpoints)
    .flatMap((endpoint) => (endpoint.host ? [{ ...endpoint, host: endpoint.host, url: urlOf(endpoint)! }] : []));
}

testOwn(
  "every public host answers at the address that is printed, with its own certificate where it says https (P05, E08, G11)",
  async (t) => {
    const all = await endpoints();
    t.is(all.length, 5);
    for (const { url, health, tls, host } of all) {
      t.is((await curl("--insecure", `${url}${health}`)).status, 200, url);
      if (!tls) continue;
      t.deepEqual(
        [(await curl(`http://${host}${health}`)).status, (await curl(`http://${host}${health}`)).location],
        [301, `https://${host}${health}`],
        "plain HTTP leads to HTTPS",
      );
      const { stdout } = await command("bash", [
        "-c",
        `openssl s_client -connect 127.0.0.1:443 -servername ${host} </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName`,
      ]);
      t.regex(stdout, new RegExp(`DNS:${host}\\s*$`));
    }
  },
);

testOwn(
  "metrics, internal health and the administration have no way in through the ingress controller (P09, E13)",
  async (t) => {
    for (const { url } of await endpoints()) {
      for (const path of ["/metrics", "/livez", "/admin/"])
        t.is((await curl("--insecure", "--location", `${url}${path}`)).status, 404, `${url}${path}`);
    }
  },
);

testOwn(
  "each client of this machine has its own free requests: its address reaches the limiter, and what it says of itself does not (B01)",
  async (t) => {
    const client = "127.0.0.9";
    const redis = (...args: string[]) => kubectl("exec", "-n", "data", "deploy/redis", "--", "redis-cli", ...args);
    const counted = (address: string) => redis("--scan", "--pattern", `bgc:rate-limit:${address}:*`);
    const forget = async () => redis("DEL", "none", ...(await counted(client)).split("\n").filter(Boolean));
    t.teardown(forget);
    await forget();
    const ask = () =>
      curl(
        "--interface",
        client,
        "-H",
        "X-Forwarded-For: 203.0.113.77",
        "-H",
        "Content-Type: application/json",
        "-d",
        '{"ncm": "17011400", "volume_kg": 1000, "max_results": 10}',
        "http://api.bgc.localhost/v1/simulator/destinations",
      );
    t.is((await ask()).status, 200);
    t.regex(await counted(client), /^bgc:rate-limit:127\.0\.0\.9:\d{4}-\d\d-\d\d$/);
    t.is(await counted("203.0.113.77"), "");
    for (let more = 0; more < 4; more += 1) t.is((await ask()).status, 200);
    t.is((await ask()).status, 429, "five a day are free");
    t.is((await curl("--interface", "127.0.0.10", "http://api.bgc.localhost/healthz")).status, 200);
  },
);
