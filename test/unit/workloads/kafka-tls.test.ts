import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer as createPlainServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import test, { type ExecutionContext } from "ava";
import { type KafkaEnvironment, openPublisher } from "../../../workloads/server/data/kafka.ts";
import { testAuthority } from "../../support/certificates.ts";
import { testRuntime } from "./support/server.ts";

const folder = mkdtempSync(join(tmpdir(), "kafka-tls-"));
test.after.always(() => rmSync(folder, { recursive: true }));
const authority = testAuthority("an authority of the test");
const { certificate, key } = authority.issue("localhost");
for (const [file, text] of [
  ["ca.crt", authority.certificate],
  ["stranger.crt", testAuthority("another authority").certificate],
] as const)
  writeFileSync(join(folder, file), text);

/** What a client of a broker says that closes every connection behind its handshake. */
async function said(
  t: ExecutionContext,
  server: Server,
  host: string,
  more: Partial<KafkaEnvironment>,
): Promise<{ port: number; message: string }> {
  server.on("error", () => {}).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const publisher = openPublisher(
    { KAFKA_BROKERS: `${host}:${port}`, KAFKA_TLS_MODE: "verify-full", KAFKA_TLS_CA: join(folder, "ca.crt"), ...more },
    testRuntime(),
  );
  t.teardown(async () => {
    await publisher.close();
    server.close();
  });
  const { message } = (await t.throwsAsync(publisher.check(["orders"]).run()))!;
  return { port, message };
}
const secure = () => createServer({ cert: certificate, key }, (socket) => socket.end());

test("a broker of another authority, of another name, or without TLS is refused in one sentence (T01)", async (t) => {
  const cases = [
    [
      secure(),
      "localhost",
      { KAFKA_TLS_CA: join(folder, "stranger.crt") },
      `its certificate is from no authority in ${join(folder, "stranger.crt")} (unable to verify the first certificate); put the one that signed it into the key ca.crt of the Secret that tls.caSecret names`,
    ],
    [
      secure(),
      "127.0.0.1",
      {},
      "its certificate is for another name (IP: 127.0.0.1 is not in the cert's list:); connect to a name that it has, or give the server one for this name",
    ],
    [
      createPlainServer((socket) => socket.on("error", () => {}).once("data", () => socket.destroy())),
      "localhost",
      {},
      "it offers no TLS; switch TLS on there, or write the mode without TLS where the network between is trusted",
    ],
  ] as const;
  for (const [server, host, more, sentence] of cases) {
    const { port, message } = await said(t, server, host, more);
    t.is(message, `Kafka ${host}:${port} is refused under tls.mode verify-full: ${sentence}`);
  }
});

test("a broker that proves itself is spoken to, and an authority alone asks for no name (T01)", async (t) => {
  for (const [host, mode] of [
    ["localhost", "verify-full"],
    ["127.0.0.1", "verify-ca"],
  ] as const) {
    const { message } = await said(t, secure(), host, { KAFKA_TLS_MODE: mode });
    t.false(message.includes("refused under"), message);
  }
});
