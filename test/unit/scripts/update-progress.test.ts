import test from "ava";
import { updateProgress } from "../../../scripts/support/update-progress.ts";
import { at, event, moment, urn } from "./support/engine-log.ts";

const server = urn("BgcPlatform", "kubernetes:apps/v1:StatefulSet", "postgres");
const web = urn("BgcPlatform", "kubernetes:apps/v1:Deployment", "bgc-web");
const old = urn("BgcPlatform", "kubernetes:core/v1:ConfigMap", "old");
const bots = urn("BotsEdi", "kubernetes:apps/v1:Deployment", "bots-webserver");
const component = urn("BotsEdi", "platform:workload:Workload", "bots-webserver");
const provider = "urn:pulumi:dev::production-platform::pulumi:providers:kubernetes::cluster";

const plan = at(
  0,
  event.begins(),
  event.starts(provider, "same"),
  event.starts(component, "same", {}, false),
  event.starts(server, "update"),
  event.starts(web, "create"),
  event.starts(bots, "same"),
  event.starts(old, "delete"),
  event.sums({ same: 3, update: 1, create: 1, delete: 1 }),
);
const update = [
  ...at(10, event.begins(), event.starts(bots, "same"), event.ends(bots, "same"), event.starts(server, "update")),
  ...at(
    12,
    event.says("info", "<{%reset%}>[1/2] Waiting for StatefulSet\nand more<{%reset%}>", server, true),
    event.starts(web, "create"),
  ),
  ...at(95, event.ends(server, "update")),
  ...at(96, event.ends(web, "create"), event.starts(old, "delete"), event.ends(old, "delete")),
  ...at(97, event.sums({ same: 3, update: 1, create: 1, delete: 1 })),
];

test("where nothing can be rewritten, a system has one line when it begins and one when it ends", (t) => {
  const progress = updateProgress();
  t.deepEqual(
    [...plan, ...update].flatMap((each) => progress.see(each)),
    [
      "looks at what is to change",
      "planned: 1 to create, 1 to update, 1 to delete, 3 unchanged (0 s)",
      "brings the changes",
      "bots-edi: nothing to change, 1 object",
      "bgc-platform: begins, 3 of 3 objects to change",
      "bgc-platform: done in 1m26s, 3 objects: 1 created, 1 updated, 1 deleted",
      "done: 1 created, 1 updated, 1 deleted, 3 unchanged (1m27s)",
    ],
  );
});

test("what is waited for, how long, and what the provider says of it", (t) => {
  const progress = updateProgress();
  t.is(progress.waiting(moment(0)), undefined);
  for (const each of [...plan, ...update.slice(0, 6)]) progress.see(each);
  t.is(
    progress.waiting(moment(40)),
    "bgc-platform 0 of 3, waits 30 s for StatefulSet postgres: [1/2] Waiting for StatefulSet",
  );
  for (const each of update.slice(6)) progress.see(each);
  t.is(progress.waiting(moment(97)), undefined);
});

test("on a terminal: what is done, and a line for each system, until both are at their end", (t) => {
  const progress = updateProgress();
  t.deepEqual(progress.block(moment(0)), ["starts the engine"]);
  for (const each of plan.slice(0, -1)) progress.see(each);
  t.deepEqual(progress.block(moment(4)), [
    "looks at what is to change (4 s)",
    "  bgc-platform           3 objects",
    "  bots-edi               1 object",
  ]);
  for (const each of [...plan.slice(-1), ...update.slice(0, 6)]) progress.see(each);
  t.deepEqual(progress.block(moment(70)), [
    "brings the changes (1m00s)",
    "  bgc-platform           0 of 3, waits 1m00s for StatefulSet postgres: [1/2] Waiting for StatefulSet, and 1 more",
    "  bots-edi               nothing to change, 1 object",
  ]);
  for (const each of update.slice(6)) progress.see(each);
  t.deepEqual(progress.block(moment(200)), [
    "done: 1 created, 1 updated, 1 deleted, 3 unchanged (1m27s)",
    "  bgc-platform           done in 1m26s, 3 objects: 1 created, 1 updated, 1 deleted",
    "  bots-edi               nothing to change, 1 object",
  ]);
});

test("a system with an object that failed is never said to be done", (t) => {
  const progress = updateProgress();
  const failing = [
    ...plan,
    ...at(10, event.begins(), event.starts(server, "update"), event.starts(bots, "same"), event.ends(bots, "same")),
    ...at(70, event.fails(server, "update"), event.sums({ same: 3 })),
  ];
  t.deepEqual(failing.flatMap((each) => progress.see(each)).slice(3), [
    "bgc-platform: begins, 3 of 3 objects to change",
    "bots-edi: nothing to change, 1 object",
    "bgc-platform: stopped at 0 of 3",
    "failed: 3 unchanged (1m00s)",
  ]);
  t.is(progress.waiting(moment(80)), undefined);
});

test("a preview whose end was not read promises no numbers, and systems end with the update", (t) => {
  const progress = updateProgress();
  const cut = [...plan.slice(0, 4), ...update];
  t.deepEqual(
    cut.flatMap((each) => progress.see(each)),
    [
      "looks at what is to change",
      "brings the changes",
      "bgc-platform: begins, some objects to change",
      "bgc-platform: done in 1m27s, 3 objects: 1 created, 1 updated, 1 deleted",
      "bots-edi: nothing to change, 1 object",
      "done: 1 created, 1 updated, 1 deleted, 3 unchanged (1m27s)",
    ],
  );
});

test("an object that is replaced counts once, and the stack's own provider is named only where it changes", (t) => {
  const progress = updateProgress();
  const steps = ["create-replacement", "replace", "delete-replaced"] as const;
  const own = "urn:pulumi:dev::production-platform::random:index:RandomId::note";
  const events = [
    ...at(
      0,
      event.begins(),
      ...steps.map((op) => event.starts(web, op)),
      event.starts(own, "same"),
      event.sums({ same: 1, replace: 1, "create-replacement": 1, "delete-replaced": 1 }),
    ),
    ...at(
      5,
      event.begins(),
      ...steps.flatMap((op) => [event.starts(web, op), event.ends(web, op)]),
      event.starts(own, "same"),
      event.ends(own, "same"),
    ),
    ...at(6, event.sums({ same: 1, replace: 1, "create-replacement": 1, "delete-replaced": 1 })),
  ];
  t.deepEqual(
    events.flatMap((each) => progress.see(each)),
    [
      "looks at what is to change",
      "planned: 1 to replace, 1 unchanged (0 s)",
      "brings the changes",
      "bgc-platform: begins, 1 of 1 object to change",
      "bgc-platform: done in 0 s, 1 object: 1 replaced",
      "done: 1 replaced, 1 unchanged (1 s)",
    ],
  );
});
