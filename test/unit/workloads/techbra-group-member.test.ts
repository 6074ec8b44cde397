import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { type Message, NetworkError, ProtocolError } from "@platformatic/kafka";
import test from "ava";
import { type Deal, type GroupClient, joinForLife } from "../../../workloads/server/techbra/group-member.ts";
import { testRuntime } from "./support/server.ts";

const message = (offset: number, partition = 0) =>
  ({ topic: "t", partition, offset: BigInt(offset), leaderEpoch: 3 }) as unknown as Message;

/** A client whose streams the test fills, with what was asked of it. */
class FakeClient extends EventEmitter {
  readonly commits: string[] = [];
  readonly streams: Readable[] = [];
  readonly tracked: string[] = [];
  readonly topics = { track: (topic: string) => this.tracked.push(topic) > 0 };
  generationId = 0;
  joins = 0;
  closed = false;
  joinFailures: Error[] = [];
  commitFailure: Error | undefined;

  async joinGroup(): Promise<string> {
    this.joins += 1;
    const failure = this.joinFailures.shift();
    if (failure) throw failure;
    this.rebalance();
    return "member";
  }

  rebalance(): void {
    this.generationId += 1;
    this.emit("consumer:group:join");
  }

  async consume(): Promise<Readable> {
    this.streams.push(new Readable({ objectMode: true, read() {} }));
    return this.streams.at(-1)!;
  }

  async commit({
    offsets,
  }: {
    offsets: readonly { topic: string; partition: number; offset: bigint; leaderEpoch: number }[];
  }): Promise<void> {
    if (this.commitFailure) throw this.commitFailure;
    this.commits.push(
      ...offsets.map(({ topic, partition, offset, leaderEpoch }) => `${topic}:${partition}:${offset}:${leaderEpoch}`),
    );
  }

  startLagMonitoring(): void {}

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** A member of a group, and the clients it has made. */
function member(deal: Deal, prepare: (client: FakeClient) => void = () => {}) {
  const clients: FakeClient[] = [];
  const runtime = testRuntime();
  const newClient = () => {
    const client = new FakeClient();
    prepare(client);
    clients.push(client);
    return client as unknown as GroupClient;
  };
  const { close } = joinForLife({ group: "g", topics: ["t", "u"], newClient, deal, delay: () => 5 }, runtime);
  return { clients, close, runtime };
}

async function until(what: () => boolean): Promise<void> {
  const late = performance.now() + 2_000;
  while (!what()) {
    if (performance.now() > late) throw new Error(`never: ${what}`);
    await sleep(1);
  }
}

test("messages are dealt with one by one, and their offsets are committed when there is nothing more at hand", async (t) => {
  const dealt: string[] = [];
  const { clients, close } = member(async ({ partition, offset }) => void dealt.push(`${partition}:${offset}`));
  await until(() => clients[0]?.streams.length === 1);
  for (const next of [message(5), message(6), message(9, 1)]) clients[0]!.streams[0]!.push(next);
  await until(() => clients[0]!.commits.length > 0);
  t.deepEqual(dealt, ["0:5", "0:6", "1:9"]);
  t.deepEqual(clients[0]!.commits.toSorted(), ["t:0:7:3", "t:1:10:3"]);
  t.deepEqual(clients[0]!.tracked, ["t", "u"]);
  await close();
  t.true(clients[0]!.closed);
  t.is(clients.length, 1);
});

test("long supplies are committed every fifty messages", async (t) => {
  const { clients, close } = member(async () => {});
  await until(() => clients[0]?.streams.length === 1);
  for (let offset = 0; offset < 120; offset += 1) clients[0]!.streams[0]!.push(message(offset));
  await until(() => clients[0]!.commits.at(-1) === "t:0:120:3");
  t.deepEqual(clients[0]!.commits, ["t:0:50:3", "t:0:100:3", "t:0:120:3"]);
  await close();
});

test("a rebalance throws away what is at hand, commits nothing of it, and goes on with the new partitions", async (t) => {
  const gate = Promise.withResolvers<void>();
  const dealt: bigint[] = [];
  const { clients, close } = member(async ({ offset }) => {
    dealt.push(offset);
    if (offset === 1n) await gate.promise;
  });
  await until(() => clients[0]?.streams.length === 1);
  const [client] = clients;
  for (const offset of [1, 2, 3]) client!.streams[0]!.push(message(offset));
  await until(() => dealt.length === 1);
  client!.rebalance();
  gate.resolve();
  await until(() => client!.streams.length === 2);
  t.true(client!.streams[0]!.destroyed);
  t.deepEqual(client!.commits, []);
  client!.streams[1]!.push(message(7));
  await until(() => client!.commits.length === 1);
  t.deepEqual(dealt, [1n, 7n]);
  t.is(client!.joins, 1);
  await close();
});

test("a stop finishes the message in hand, commits it and leaves the group with the rest untouched", async (t) => {
  const gate = Promise.withResolvers<void>();
  const dealt: bigint[] = [];
  const { clients, close } = member(async ({ offset }) => {
    dealt.push(offset);
    await gate.promise;
  });
  await until(() => clients[0]?.streams.length === 1);
  for (const offset of [1, 2]) clients[0]!.streams[0]!.push(message(offset));
  await until(() => dealt.length === 1);
  const closed = close();
  await sleep(20);
  t.false(clients[0]!.closed);
  gate.resolve();
  await closed;
  t.deepEqual([dealt, clients[0]!.commits, clients[0]!.closed], [[1n], ["t:0:2:3"], true]);
});

test("a stop during the wait of a failing message commits only what came before it", async (t) => {
  const { clients, close } = member(({ offset }, signal) =>
    offset === 1n ? Promise.resolve() : sleep(60_000, undefined, { signal }),
  );
  await until(() => clients[0]?.streams.length === 1);
  for (const offset of [1, 2]) clients[0]!.streams[0]!.push(message(offset));
  await sleep(20);
  await close();
  t.deepEqual(clients[0]!.commits, ["t:0:2:3"]);
});

test("a broken stream ends the membership, and a new client joins", async (t) => {
  const { clients, close, runtime } = member(async () => {});
  await until(() => clients[0]?.streams.length === 1);
  clients[0]!.streams[0]!.destroy(new NetworkError("Connection closed"));
  await until(() => clients[1]?.streams.length === 1);
  t.true(clients[0]!.closed);
  t.true(
    runtime.lines.some(
      ({ msg, reason }) => msg === "kafka consumer lost g, joining again" && reason === "Connection closed",
    ),
  );
  await close();
});

test("heartbeats without an answer end the membership, and a new client joins", async (t) => {
  const { clients, close } = member(async () => {});
  await until(() => clients[0]?.streams.length === 1);
  clients[0]!.emit("consumer:heartbeat:stalled");
  await until(() => clients[1]?.streams.length === 1);
  t.true(clients[0]!.closed && clients[0]!.streams[0]!.destroyed);
  await close();
});

test("a rebalance that interrupts joining is gone through with the same client", async (t) => {
  const { clients, close } = member(
    async () => {},
    (client) =>
      (client.joinFailures = [new ProtocolError("REBALANCE_IN_PROGRESS"), new ProtocolError("UNKNOWN_MEMBER_ID")]),
  );
  await until(() => clients[0]?.streams.length === 1);
  t.is(clients[0]!.joins, 3);
  t.is(clients.length, 1);
  await close();
});

test("any other failure to join makes a new client", async (t) => {
  let made = 0;
  const { clients, close } = member(
    async () => {},
    (client) => {
      made += 1;
      if (made < 3) client.joinFailures = [new ProtocolError("COORDINATOR_NOT_AVAILABLE")];
    },
  );
  await until(() => clients[2]?.streams.length === 1);
  t.deepEqual(
    clients.map(({ joins, closed }) => [joins, closed]),
    [
      [1, true],
      [1, true],
      [1, false],
    ],
  );
  await close();
});

test("a rejoin that the client could not finish by itself is taken up", async (t) => {
  const { clients, close } = member(async () => {});
  await until(() => clients[0]?.streams.length === 1);
  clients[0]!.emit("error", new ProtocolError("REBALANCE_IN_PROGRESS"));
  await until(() => clients[0]!.streams.length === 2);
  t.is(clients[0]!.joins, 2);
  t.is(clients.length, 1);
  await close();
});

test("a commit that a rebalance refuses is let go, and one that fails otherwise ends the membership", async (t) => {
  const { clients, close } = member(async () => {});
  await until(() => clients[0]?.streams.length === 1);
  const [client] = clients;
  client!.commitFailure = new ProtocolError("ILLEGAL_GENERATION");
  client!.streams[0]!.push(message(1));
  await sleep(30);
  t.false(client!.closed);
  client!.commitFailure = new NetworkError("gone");
  client!.streams[0]!.push(message(2));
  await until(() => clients[1]?.streams.length === 1);
  t.true(client!.closed);
  await close();
});

test("the lag of this member's partitions is shown, and that of others is not", async (t) => {
  const { clients, close, runtime } = member(async () => {});
  await until(() => clients[0]?.streams.length === 1);
  clients[0]!.emit("consumer:lag", new Map([["t", [12n, -1n, 0n]]]));
  const page = await runtime.metrics.registry.metrics();
  t.deepEqual(
    page.split("\n").filter((line) => line.startsWith("kafka_consumer_lag{")),
    [
      'kafka_consumer_lag{group="g",topic="t",partition="0",service="test"} 12',
      'kafka_consumer_lag{group="g",topic="t",partition="2",service="test"} 0',
    ],
  );
  await close();
});
