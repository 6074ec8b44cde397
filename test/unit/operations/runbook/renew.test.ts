import { X509Certificate } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import test, { type ExecutionContext } from "ava";
import { type KeyPair, testAuthority } from "../../../support/certificates.ts";
import { fakeCluster, type FakeCluster, type Thing } from "../../../support/fake-cluster.ts";
import { runbook, withoutIds } from "../../../support/runbook.ts";

const authority = testAuthority("test");
const serialOf = ({ certificate }: KeyPair) => new X509Certificate(certificate).serialNumber;
const secret = ({ certificate }: KeyPair): Thing => ({
  kind: "Secret",
  metadata: { name: "tls" },
  data: {
    "tls.crt": Buffer.from(certificate).toString("base64"),
    "tls.key": Buffer.from("secret key").toString("base64"),
  },
});
const certificate = (status: object = {}): Thing => ({
  kind: "Certificate",
  metadata: { name: "shop", generation: 2 },
  spec: { secretName: "tls", dnsNames: ["shop.example"] },
  status,
});
const ingress = (address?: object): Thing => ({
  kind: "Ingress",
  metadata: { name: "shop" },
  spec: { tls: [{ secretName: "tls", hosts: ["shop.example"] }] },
  status: { loadBalancer: { ingress: address ? [address] : [] } },
});

/** What an ingress controller serves at its address; it ends with the test. */
async function controller(t: ExecutionContext, { certificate: cert, key }: KeyPair): Promise<object> {
  const server = createServer({ cert, key }, (socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => void server.close());
  return {
    ip: "127.0.0.1",
    ports: [
      { port: 80, protocol: "TCP" },
      { port: (server.address() as AddressInfo).port, protocol: "TCP" },
    ],
  };
}

/** Issues a certificate once a person asks for one, as cert-manager does. */
function issuing(cluster: FakeCluster, next: KeyPair): void {
  cluster.after = ({ method, path }, thing) => {
    if (method !== "PUT" || !path.endsWith("/status") || thing.kind !== "Certificate") return;
    cluster.put(secret(next));
    cluster.put({ ...thing, status: { conditions: [{ type: "Ready", status: "True" }] } });
  };
}

test("renew is done when cert-manager has issued another certificate and the host serves that one (P05, E17)", async (t) => {
  const [before, next] = [authority.issue("shop.example"), authority.issue("shop.example")];
  const cluster = await fakeCluster(t, [
    certificate({ conditions: [{ type: "Ready", status: "True" }] }),
    secret(before),
    ingress(await controller(t, next)),
  ]);
  issuing(cluster, next);
  const asked: unknown[] = [];
  const { after } = cluster;
  cluster.after = (request, thing) => {
    if (thing.kind === "Certificate")
      asked.push(
        thing["status"].conditions.map(({ type, status, reason }: Record<string, string>) =>
          [type, status, reason].filter(Boolean).join(" "),
        ),
      );
    after(request, thing);
  };
  const { code, stdout } = await runbook(cluster, ["renew", "bgc-platform"]);
  t.is(code, 0, stdout);
  t.deepEqual(asked, [["Ready True", "Issuing True ManuallyTriggered"]]);
  const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  t.deepEqual(withoutIds(stdout).split("\n").slice(1, 7), [
    `  Certificate shop of shop.example: until ${day}, serial ${serialOf(before)} → issued anew`,
    "1/2 ask for Certificate shop",
    "2/2 wait for Certificate shop",
    `  Certificate shop is issued until ${day}`,
    `ok   Certificate shop: Secret tls has serial ${serialOf(next)}, until ${day}`,
    `ok   https://shop.example: serves serial ${serialOf(next)} at 127.0.0.1`,
  ]);
  t.false(stdout.includes("secret key") || JSON.stringify(cluster.all("ConfigMap")).includes("secret key"));
});

test("a host that cannot be asked from here is not measured, and its certificate counts all the same", async (t) => {
  const next = authority.issue("shop.example");
  for (const [address, says] of [
    [undefined, "its Ingress has no address"],
    [
      { ip: "127.0.0.1", ports: [{ port: 1, protocol: "TCP" }] },
      "127.0.0.1:1 cannot be asked from here: connect ECONNREFUSED 127.0.0.1:1",
    ],
  ] as const) {
    const cluster = await fakeCluster(t, [certificate(), secret(authority.issue("shop.example")), ingress(address)]);
    issuing(cluster, next);
    const { code, stdout } = await runbook(cluster, ["renew", "bgc-platform", "shop"]);
    t.is(code, 0, stdout);
    t.true(stdout.includes(`?    https://shop.example: ${says}\n`), stdout);
    cluster.put(secret(authority.issue("shop.example")));
    t.is((await runbook(cluster, ["renew", "bgc-platform", "shop", "--strict"])).code, 1);
  }
});

test("a certificate that cert-manager could not get ends with 1 and its words", async (t) => {
  const cluster = await fakeCluster(t, [certificate(), secret(authority.issue("shop.example")), ingress()]);
  cluster.after = (_, thing) => {
    if (thing.kind === "Certificate")
      cluster.put({
        ...thing,
        status: {
          conditions: [
            { type: "Issuing", status: "False", reason: "Failed", message: "the authority refuses shop.example" },
          ],
        },
      });
  };
  const { code, stdout } = await runbook(cluster, ["renew", "bgc-platform"]);
  t.is(code, 1);
  t.true(
    stdout.includes(
      "failed at 2/2 wait for Certificate shop: Certificate shop could not be issued: the authority refuses shop.example\n",
    ),
    stdout,
  );
});

test("a certificate that cert-manager will not try yet, or is issuing already, is refused with the reason and the time (P05)", async (t) => {
  const failed = new Date(Date.now() - 90 * 60_000).toISOString().slice(0, 19) + "Z";
  const free = new Date(new Date(failed).getTime() + 2 * 3_600_000).toISOString().slice(0, 19) + "Z";
  const refusal = async (...things: Thing[]) => {
    const cluster = await fakeCluster(t, [secret(authority.issue("shop.example")), ...things]);
    const { code, stderr } = await runbook(cluster, ["renew", "bgc-platform", "--dry-run"]);
    return [code, stderr.replace("refused, and nothing was changed:\n", "")];
  };
  t.deepEqual(await refusal(certificate({ lastFailureTime: failed, failedIssuanceAttempts: 2 })), [
    3,
    `  shop could not be issued at ${failed}, and cert-manager does not try again before ${free}: mend the cause first, which "kubectl describe certificate" names\n`,
  ]);
  t.deepEqual(
    await refusal(certificate({ lastFailureTime: failed, failedIssuanceAttempts: 1 })),
    [0, ""],
    "an hour is over",
  );
  t.deepEqual(
    await refusal(
      certificate({
        conditions: [{ type: "Issuing", status: "True", message: "Issuing certificate as Secret does not exist" }],
      }),
    ),
    [3, "  shop is being issued already: Issuing certificate as Secret does not exist\n"],
  );
  t.deepEqual(await refusal(), [
    3,
    "  namespace data has no Certificate of cert-manager: what the stack signs itself is made by the stack, and this command cannot renew it\n",
  ]);
});
