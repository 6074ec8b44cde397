import test from "ava";
import type { Target } from "../../../../components/systems/target.ts";
import type { ExecIn } from "../../../../operations/runbook/exec.ts";
import { fakeCluster, type Thing } from "../../../support/fake-cluster.ts";
import { runbook, shop, withoutIds } from "../../../support/runbook.ts";

const target: Target = {
  ...shop,
  workloads: [
    { kind: "StatefulSet", name: "redis", replicas: 1 },
    { kind: "Deployment", name: "upstream-service", replicas: 1 },
  ],
  dataStores: [{ kind: "redis-state", name: "redis", service: "redis", port: 6379 }],
  endpoints: [{ name: "Upstream", service: "upstream-service", port: 5001, health: "/health" }],
};
const workload = (kind: string, name: string, owner: string, ready: boolean): Thing[] => [
  {
    kind,
    metadata: { name },
    spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: { spec: { containers: [] } } },
  },
  {
    kind: "Pod",
    metadata: {
      name: `${name}-0`,
      labels: { app: name },
      ownerReferences: [{ kind: owner, name, uid: name, controller: true }],
    },
    spec: { containers: [{ name }] },
    status: { phase: "Running", conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  },
];
const gateway = (upstream = true, redis = true) => [
  ...workload("StatefulSet", "redis", "StatefulSet", redis),
  ...workload("Deployment", "upstream-service", "ReplicaSet", upstream),
];

/** A Redis with this circuit, as `redis-cli` prints it. */
function circuit(hash: Record<string, string>): { exec: ExecIn; asked: string[] } {
  const asked: string[] = [];
  let now = hash;
  return {
    asked,
    exec: ({ pod }, command) => {
      asked.push(`${pod}: ${command.join(" ")}`);
      if (command[1] === "DEL") now = {};
      return Promise.resolve({
        succeeded: true,
        said: command[1] === "DEL" ? "1" : Object.entries(now).flat().join("\n"),
      });
    },
  };
}
const open = { state: "OPEN", failures: "5", opened_at: "1769824800.250", last_failure: "timeout after 5 s" };

test("breaker says since when the circuit is open and why, and a key that is not there means closed (G06, G09)", async (t) => {
  const cluster = await fakeCluster(t, gateway());
  const { exec, asked } = circuit(open);
  const { code, stdout } = await runbook(cluster, ["breaker"], { targets: [target], exec });
  t.deepEqual(
    [code, stdout.split("\n")[1]],
    [
      1,
      "  FAIL circuit breaker: OPEN, since 2026-01-31T02:00:00Z, 5 failures in a row, last failure: timeout after 5 s",
    ],
  );
  t.deepEqual(asked, ["redis-0: redis-cli HGETALL api-gateway:circuit-breaker"]);
  const closed = await runbook(cluster, ["breaker"], { targets: [target], ...circuit({}) });
  t.deepEqual([closed.code, closed.stdout.split("\n")[1]], [0, "  ok   circuit breaker: CLOSED"]);
});

test("a Redis that refuses, is not Ready or is somebody else's is not measured", async (t) => {
  const seen = async (one: Target, ready: boolean, said: string) => {
    const { code, stdout } = await runbook(await fakeCluster(t, gateway(true, ready)), ["breaker"], {
      targets: [one],
      exec: () => Promise.resolve({ succeeded: true, said }),
    });
    return [code, stdout.split("\n")[1]];
  };
  t.deepEqual(await seen(target, true, "NOAUTH Authentication required."), [
    1,
    "  ?    circuit breaker: not measured, redis-cli in redis-0: NOAUTH Authentication required.",
  ]);
  t.deepEqual(await seen(target, false, ""), [
    1,
    "  ?    circuit breaker: not measured, Redis is not Ready: redis-0: starts",
  ]);
  t.deepEqual(await seen({ ...target, workloads: [] }, true, ""), [
    1,
    "  ?    circuit breaker: not measured, its Redis is run by somebody else: ask there",
  ]);
  t.deepEqual(await seen(shop, true, ""), [0, ""], "a system without one has nothing to show");
});

test("close-breaker closes an open circuit and proves it (G09)", async (t) => {
  const { exec, asked } = circuit(open);
  const { code, stdout } = await runbook(await fakeCluster(t, gateway()), ["close-breaker", "bgc-platform"], {
    targets: [target],
    exec,
  });
  t.is(code, 0, stdout);
  t.true(
    withoutIds(stdout).includes(
      "  circuit breaker: OPEN → CLOSED\n1/1 close the circuit breaker\nok   circuit breaker: CLOSED\ndone; evidence: ",
    ),
    stdout,
  );
  t.deepEqual(
    asked.filter((line) => line.includes("DEL")),
    ["redis-0: redis-cli DEL api-gateway:circuit-breaker"],
  );
});

test("the circuit is not closed over an upstream that is not healthy, nor where it is closed already (G09)", async (t) => {
  const refusal = async (upstream: boolean, hash: Record<string, string>) => {
    const { exec, asked } = circuit(hash);
    const { code, stderr } = await runbook(await fakeCluster(t, gateway(upstream)), ["close-breaker", "bgc-platform"], {
      targets: [target],
      exec,
    });
    return [code, stderr.split("\n")[1], asked.some((line) => line.includes("DEL"))];
  };
  t.deepEqual(await refusal(false, open), [
    3,
    "  the upstream is not healthy, so the circuit would open again: Deployment upstream-service: 0 of 1 pods Ready, upstream-service-0: starts",
    false,
  ]);
  t.deepEqual(await refusal(true, { state: "CLOSED" }), [3, "  the circuit breaker is closed already", false]);
});

test("a circuit that opens again at once is not proven, and ends with 1 (G09)", async (t) => {
  const { code, stdout } = await runbook(await fakeCluster(t, gateway()), ["close-breaker", "bgc-platform"], {
    targets: [target],
    exec: () => Promise.resolve({ succeeded: true, said: Object.entries(open).flat().join("\n") }),
  });
  t.is(code, 1);
  t.true(
    stdout.includes(
      "\nFAIL circuit breaker: OPEN, since 2026-01-31T02:00:00Z, 5 failures in a row, last failure: timeout after 5 s\nnot proven; ",
    ),
    stdout,
  );
});

test("clients lists those that were refused or have nothing left, the most refused first (G05, G09)", async (t) => {
  let script: readonly string[] = [];
  const said = [
    "api-gateway:rate-limit:10.0.0.7\t-3.5\t100\t40\t",
    "api-gateway:rate-limit:partner: a b\t12.25\t100\t90\t",
    "api-gateway:rate-limit:quiet\t100\t100\t0\t",
  ].join("\n");
  const { code, stdout } = await runbook(await fakeCluster(t, gateway()), ["clients"], {
    targets: [target],
    exec: (_, command) => ((script = command), Promise.resolve({ succeeded: true, said })),
  });
  t.deepEqual(
    [code, stdout.split("\n")],
    [
      0,
      [
        "bgc-platform (namespace data)",
        "  3 clients with a bucket, 2 of them limited",
        "  partner: a b: 12 of 100 requests left, 90 refused",
        "  10.0.0.7: 0 of 100 requests left, 40 refused",
        "",
      ],
    ],
  );
  t.deepEqual(
    [script.slice(0, 2), script.slice(3)],
    [
      ["sh", "-c"],
      ["clients", "api-gateway:rate-limit:", "500"],
    ],
  );
});
