import test from "ava";
import {
  type Bound,
  boundCluster,
  decideDown,
  decideUp,
  type LocalCluster,
  type Offer,
  type Situation,
  theCluster,
} from "../../../scripts/support/binding.ts";
import { refuseLeft, refuseOtherKubeconfig } from "../../../scripts/support/refusals.ts";

const folder = "/home/me/.local/state/production-platform/cluster";
const local: LocalCluster = { folder, exists: true, uid: "L1" };
const noLocal: LocalCluster = { folder, exists: false };
const remote: Bound = { context: "kind-a", uid: "A" };
const onLocal: Bound = { context: "local-platform", uid: "L1", folder };
const answers = (uid: string, context = "kind-a"): Offer => ({ context, uid, kubeconfig: {} });
const silent = (context = "kind-a"): Offer => ({ context, problem: "connect ECONNREFUSED", kubeconfig: {} });
const at = (parts: Partial<Situation>): Situation => ({
  stack: "shop",
  resources: ["Secret password", "Deployment api"],
  offers: [],
  local: noLocal,
  others: [],
  ...parts,
});

const forget = "npm run down -- --stack shop --purge --gone";
const recreated = `stack shop is on the cluster A, and another one answers to its context "kind-a" now: B. Nothing was changed. Point the context to A again where that still runs. If A is gone for good, forget the stack: ${forget} A`;
const unanswered = `the cluster of stack shop, context "kind-a" (A), does not answer: connect ECONNREFUSED. Nothing was changed. Start it. If A is gone for good, forget the stack: ${forget} A`;
const unknown = `the cluster of stack shop, context "kind-a" (A), does not answer: no kubeconfig has this context. Nothing was changed. Start it. If A is gone for good, forget the stack: ${forget} A`;
const foreign =
  'the local cluster holds the platform that /home/other brought up, with its data and passwords. Nothing was changed. Work from there, or remove it all with "npm run cluster -- down --purge --owner /home/other"';
const moved = `stack shop is on the local cluster in /mnt/state/cluster, and PLATFORM_STATE leads to ${folder}. Nothing was changed. Set it as it was for "npm run up"`;
const gone = "the local cluster that stack shop was on (L1) is gone, with all its data";
const goneDown = `${gone}. Nothing was changed; npm run up -- --stack shop begins anew`;
const notUp = "stack shop is not up: no cluster is recorded for it, and nothing was changed";
const stays = 'the local cluster stays, because it also holds stack dev; "npm run cluster -- down" stops it as a whole';

/** A situation, and what each command does with it; a refusal has the whole message. */
const table: readonly (readonly [
  title: string,
  situation: Partial<Situation>,
  up: object | string,
  down: object | string,
  purge: object | string,
])[] = [
  [
    "nothing is recorded",
    { resources: [] },
    { do: "choose" },
    { do: "nothing", why: notUp },
    { do: "nothing", why: notUp },
  ],
  [
    "the recorded cluster answers",
    { bound: remote, offers: [answers("A")] },
    { do: "use", offer: answers("A") },
    { do: "destroy", offer: answers("A") },
    { do: "destroy", offer: answers("A") },
  ],
  [
    "the user's kubeconfig leads elsewhere, and the stack's own to the recorded cluster",
    { bound: remote, offers: [answers("B"), answers("A")] },
    { do: "use", offer: answers("A") },
    { do: "destroy", offer: answers("A") },
    { do: "destroy", offer: answers("A") },
  ],
  ["another cluster answers to its name", { bound: remote, offers: [answers("B")] }, recreated, recreated, recreated],
  [
    "another cluster answers, and the recorded one is silent",
    { bound: remote, offers: [answers("B"), silent()] },
    recreated,
    recreated,
    recreated,
  ],
  ["the recorded cluster is silent", { bound: remote, offers: [silent()] }, unanswered, unanswered, unanswered],
  ["no kubeconfig has its context", { bound: remote }, unknown, unknown, unknown],
  [
    "nothing was made on a cluster that is silent",
    { bound: remote, resources: [], offers: [silent()] },
    unanswered,
    ...both({ do: "forget", why: 'nothing of stack shop is on "kind-a" by the engine\'s record' }),
  ],
  [
    "an older record knows no identity",
    { bound: { context: "kind-a" }, offers: [answers("B")] },
    { do: "use", offer: answers("B") },
    { do: "destroy", offer: answers("B") },
    { do: "destroy", offer: answers("B") },
  ],
  [
    "its file names another context",
    { bound: remote, named: "kind-b", offers: [answers("A")] },
    'stack shop is on the cluster of context "kind-a" (A), and Pulumi.shop.yaml names "kind-b". Nothing was changed. Name "kind-a" there to go on, or move the stack: npm run down -- --stack shop --purge, then bring it up again',
    { do: "destroy", offer: answers("A") },
    { do: "destroy", offer: answers("A") },
  ],
  [
    "other stacks are on its cluster elsewhere",
    { bound: remote, offers: [answers("A")], others: ["dev"] },
    { do: "use", offer: answers("A") },
    { do: "destroy", offer: answers("A") },
    { do: "destroy", offer: answers("A") },
  ],
  [
    "the local cluster runs",
    { bound: onLocal, local, offers: [answers("L1", "local-platform")] },
    { do: "use", offer: answers("L1", "local-platform") },
    { do: "stop local" },
    { do: "stop local" },
  ],
  [
    "the local cluster is stopped",
    { bound: onLocal, local, offers: [silent("local-platform")] },
    { do: "start local" },
    { do: "stop local" },
    { do: "stop local" },
  ],
  [
    "the local cluster holds another stack too",
    { bound: onLocal, local, offers: [answers("L1", "local-platform")], others: ["dev"] },
    { do: "use", offer: answers("L1", "local-platform") },
    ...both({ do: "destroy", offer: answers("L1", "local-platform"), why: stays }),
  ],
  [
    "the local cluster was purged",
    { bound: onLocal },
    { do: "begin anew", why: gone },
    { do: "nothing", why: goneDown },
    { do: "forget", why: gone },
  ],
  [
    "the local cluster was purged and made again",
    { bound: onLocal, local: { ...local, uid: "L2" }, offers: [answers("L2", "local-platform")] },
    { do: "begin anew", why: gone },
    { do: "nothing", why: goneDown },
    { do: "forget", why: gone },
  ],
  [
    "the local cluster is another checkout's now",
    { bound: onLocal, local: { folder, exists: true, foreign: "/home/other" } },
    foreign,
    foreign,
    foreign,
  ],
  [
    "the local cluster was made again by another checkout",
    { bound: onLocal, local: { ...local, uid: "L2", foreign: "/home/other" } },
    { do: "begin anew", why: gone },
    { do: "nothing", why: goneDown },
    { do: "forget", why: gone },
  ],
  [
    "the local cluster is looked for in another folder",
    { bound: { ...onLocal, folder: "/mnt/state/cluster" } },
    moved,
    moved,
    moved,
  ],
];

function both(decision: object): [object, object] {
  return [decision, decision];
}

for (const [title, parts, up, down, purge] of table) {
  test(`what up, down and down --purge do where ${title}`, (t) => {
    const cases = [
      [() => decideUp(at(parts)), up],
      [() => decideDown(at(parts), { purge: false }), down],
      [() => decideDown(at(parts), { purge: true }), purge],
    ] as const;
    for (const [decide, wanted] of cases) {
      if (typeof wanted === "string") t.throws(decide, { name: "Refusal", message: wanted });
      else t.deepEqual(decide(), wanted);
    }
  });
}

test("a stack is forgotten with a cluster that is gone only where its identity is typed, and nothing answers with it", (t) => {
  const down = (parts: Partial<Situation>, name: string) => () =>
    decideDown(at({ bound: remote, ...parts }), { purge: true, gone: name });
  t.deepEqual(down({ offers: [answers("B")] }, "A")(), { do: "forget", why: "the cluster A is gone, as you say" });
  t.deepEqual(down({ offers: [silent()] }, "A")(), { do: "forget", why: "the cluster A is gone, as you say" });
  t.throws(down({ offers: [answers("B")] }, "B"), {
    message: "stack shop is on the cluster A, and --gone names B. Nothing was changed",
  });
  t.throws(down({ offers: [silent(), answers("A")] }, "A"), {
    message: "the cluster A of stack shop is not gone. Nothing was changed. Take the stack down without --gone",
  });
  t.throws(down({ bound: onLocal, local, offers: [silent("local-platform")] }, "L1"), {
    message: "the cluster L1 of stack shop is not gone. Nothing was changed. Take the stack down without --gone",
  });
});

test("what only looks at a stack's cluster takes the recorded one too", (t) => {
  t.deepEqual(theCluster(at({ bound: remote, offers: [silent(), answers("A")] })), answers("A"));
  t.throws(() => theCluster(at({ bound: remote, offers: [answers("B")] })), { message: recreated });
  t.throws(() => theCluster(at({ resources: [] })), { message: "stack shop is not up: no cluster is recorded for it" });
});

test("the engine's record leads to a cluster where the other is lost, and two that differ are refused", (t) => {
  t.deepEqual(boundCluster("shop", undefined, { cluster: { context: "kind-a", uid: "A" } }), remote);
  t.deepEqual(boundCluster("shop", { context: "kind-a", uid: "A" }, {}), remote);
  t.deepEqual(
    boundCluster("shop", { context: "kind-a", uid: "A" }, { cluster: { context: "kind-old-name", uid: "A" } }),
    remote,
  );
  t.is(boundCluster("shop", undefined, {}), undefined);
  t.throws(() => boundCluster("shop", { context: "kind-a", uid: "A" }, { cluster: { context: "kind-a", uid: "B" } }), {
    name: "Refusal",
    message:
      'stack shop has two records: its objects are on the cluster B (context "kind-a") by the engine\'s, and on A (context "kind-a") by .state/stacks/shop/cluster.json. Nothing was changed. Remove the folder of that file if the engine\'s is right',
  });
});

test("a destroy that would read another kubeconfig than the one that was looked at is refused", (t) => {
  t.notThrows(() => refuseOtherKubeconfig("shop", "/here/kubeconfig", "/here/kubeconfig"));
  t.notThrows(() => refuseOtherKubeconfig("shop", undefined, "/here/kubeconfig"));
  t.throws(() => refuseOtherKubeconfig("shop", "/there/kubeconfig", "/here/kubeconfig"), {
    name: "Refusal",
    message:
      "the engine's record of stack shop reads the kubeconfig /there/kubeconfig, and not /here/kubeconfig: the stack was last updated from another place, or by an older version. Nothing was changed. " +
      "Bring the record here first: npm run up -- --stack shop",
  });
});

test("objects without a cluster are named and not taken down, and no stack is forgotten of which resources are left", (t) => {
  t.throws(() => decideDown(at({ resources: ["RandomPassword one"] }), { purge: true }), {
    message:
      "the engine's record of stack shop has 1 resource: RandomPassword one, and no cluster. Nothing was changed. Bring it up first: npm run up -- --stack shop",
  });
  t.notThrows(() => refuseLeft("shop", []));
  t.throws(() => refuseLeft("shop", ["Secret a", "Secret b", "Secret c", "Secret d", "Secret e", "Secret f"]), {
    message:
      "the engine's record of stack shop still has 6 resources: Secret a, Secret b, Secret c, Secret d, Secret e and others. It is kept: run the command again once they can be removed",
  });
});
