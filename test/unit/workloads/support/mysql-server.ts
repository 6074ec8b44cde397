import { createHash } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo, Server as NetServer, Socket } from "node:net";
import { createServer } from "mysql2";

/** Rows, what a write did, an error of the server, or no answer at all. */
export type Reply =
  | readonly Readonly<Record<string, string | number>>[]
  | { readonly affectedRows: number; readonly insertId?: number }
  | { readonly code: number; readonly message: string }
  | "silence";

/** The part of a server connection that is used here; the library does not describe it. */
interface Peer {
  readonly stream: Socket;
  /** Number of the next packet; each command begins at 0. */
  sequenceId: number;
  serverHandshake(options: object): void;
  writeOk(result: object): void;
  writeError(error: object): void;
  writeTextResult(rows: readonly object[], columns: readonly object[]): void;
  on(event: string, listener: (text: string) => void): void;
}

interface Login {
  readonly authPluginData1: Buffer;
  readonly authPluginData2: Buffer;
  readonly authToken: Buffer;
}

const sha1 = (...parts: readonly (Buffer | string)[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash("sha1")).digest();

/** What a client with this password sends: its hash, hidden by the server's scramble. */
function tokenOf(password: string, { authPluginData1, authPluginData2 }: Login): Buffer {
  const mask = sha1(authPluginData1, authPluginData2.subarray(0, 12), sha1(sha1(password)));
  return sha1(password).map((byte, index) => byte ^ mask[index]!) as Buffer;
}

/** A server on loopback that speaks MySQL's protocol, answers as told, and keeps what each connection asked. */
export async function mysqlServer({
  answer,
  password = () => "secret",
}: {
  readonly answer: (text: string, connection: number) => Reply;
  readonly password?: () => string;
}) {
  const sockets = new Set<Socket>();
  const asked: { readonly connection: number; readonly text: string }[] = [];
  let connections = 0;

  function serve(peer: Peer): void {
    const number = (connections += 1);
    // A result is several packets, and each would wait for the client to confirm the one before.
    peer.stream.setNoDelay(true);
    sockets.add(peer.stream.once("close", () => sockets.delete(peer.stream)));
    peer.on("error", () => {});
    // The library takes SET for the preparation of a statement.
    for (const event of ["query", "stmt_prepare"]) {
      peer.on(event, (text) => {
        asked.push({ connection: number, text });
        peer.sequenceId = 1;
        send(peer, answer(text, number));
        peer.sequenceId = 0;
      });
    }
    peer.serverHandshake({
      protocolVersion: 10,
      serverVersion: "8.0.0",
      connectionId: number,
      statusFlags: 2,
      characterSet: 45,
      // All but TLS and compression.
      capabilityFlags: 0xffffff ^ 2048 ^ 32,
      authCallback(login: Login, done: (error: null, refusal?: object) => void) {
        done(
          null,
          tokenOf(password(), login).equals(login.authToken) ? undefined : { code: 1045, message: "Access denied" },
        );
        peer.sequenceId = 0;
      },
    });
  }

  const server = createServer(serve as unknown as Parameters<typeof createServer>[0]);
  const listener = (server as unknown as { readonly _server: NetServer })._server;
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const dropAll = () => sockets.forEach((socket) => socket.destroy());
  return {
    port: (listener.address() as AddressInfo).port,
    asked,
    /** Ends every connection, as a restart does. */
    dropAll,
    async close() {
      dropAll();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

function send(peer: Peer, reply: Reply): void {
  if (reply === "silence") return;
  if ("code" in reply) {
    peer.writeError(reply);
    return;
  }
  if ("affectedRows" in reply) {
    peer.writeOk(reply);
    return;
  }
  // A result without rows has columns all the same.
  const [first = { none: "" }] = reply;
  peer.writeTextResult(
    reply.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)]))),
    Object.entries(first).map(([name, value]) => ({
      catalog: "def",
      schema: "",
      table: "",
      orgTable: "",
      name,
      orgName: name,
      characterSet: 45,
      columnLength: 255,
      columnType: typeof value === "number" ? 8 : 253,
      flags: 0,
      decimals: 0,
    })),
  );
}
