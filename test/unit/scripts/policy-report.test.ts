import test from "ava";
import { faultLines, faultsIn, findingOf, isOpen } from "../../../scripts/support/policy-report.ts";
import { event, urn } from "./support/engine-log.ts";

const bots = urn("BotsEdi", "kubernetes:apps/v1:Deployment", "bots-webserver");
const found = (policy: string, message: string, of?: string) =>
  findingOf(event.refuses(policy, message, of).policyEvent!);
const below = (field: string) => `\n  at ${field}\n  why: a node runs out of memory\n  fix:\n    memory: 256Mi`;
const limit = (workload: string, container: string) =>
  found(
    "X02-container-resources",
    `Deployment edi/${workload}, container "${container}": has no memory limit [X02-container-resources]${below(`spec.template.spec.containers[0].${container}`)}`,
    bots,
  );

test("what a policy says is read as place, fault and the lines below", (t) => {
  t.deepEqual(limit("bots-webserver", "webserver"), {
    policy: "X02-container-resources",
    place: 'Deployment edi/bots-webserver, container "webserver"',
    fault: "has no memory limit",
    below: below("spec.template.spec.containers[0].webserver").slice(1),
  });
  const places = [
    "Namespace data: is open [X]",
    "Service.serving.knative.dev shop/web: is open [X]",
    "an override is for nothing",
    "Deployment x is open",
  ].map((message) => [found("X", message).place, found("X", message).fault]);
  t.deepEqual(places, [
    ["Namespace data", "is open"],
    ["Service.serving.knative.dev shop/web", "is open"],
    ["stack", "an override is for nothing"],
    ["stack", "Deployment x is open"],
  ]);
  t.is(found("X", "is old", bots).place, "bots-webserver");
});

test("one fault in one place is the finding as it is, with its field, why and the fix", (t) => {
  t.deepEqual(
    faultsIn([limit("bots-webserver", "webserver")]).map((fault) => faultLines(fault)),
    [
      [
        'Deployment edi/bots-webserver, container "webserver": has no memory limit [X02-container-resources]',
        "  at spec.template.spec.containers[0].webserver",
        "  why: a node runs out of memory",
        "  fix:",
        "    memory: 256Mi",
      ],
    ],
  );
});

test("the same fault in several places is one entry with its places and one fix, and a place that is found twice counts once", (t) => {
  const faults = faultsIn([
    limit("bots-webserver", "webserver"),
    limit("bots-jobqueue", "jobqueue"),
    limit("bots-jobqueue", "jobqueue"),
  ]);
  t.deepEqual(
    faults.map((fault) => faultLines(fault)),
    [
      [
        "2 places: has no memory limit [X02-container-resources]",
        '  Deployment edi/bots-webserver, container "webserver"; Deployment edi/bots-jobqueue, container "jobqueue"',
        "  why: a node runs out of memory",
        "  fix:",
        "    memory: 256Mi",
      ],
    ],
  );
});

test("faults that differ in a value and are mended alike say theirs at each place, and others stay apart", (t) => {
  const tag = (name: string, image: string) =>
    found(
      "X08-image-pinned",
      `Deployment edi/${name}: image ${image} moves [X08-image-pinned]\n  fix:\n    image: name:v1`,
    );
  const faults = faultsIn([
    tag("one", "a:latest"),
    tag("two", "b:latest"),
    found("X08-image-pinned", "Deployment edi/three: image c moves [X08-image-pinned]\n  fix:\n    image: c:v1"),
  ]);
  t.deepEqual(
    faults.map((fault) => faultLines(fault)),
    [
      [
        "2 places [X08-image-pinned]",
        "  Deployment edi/one: image a:latest moves",
        "  Deployment edi/two: image b:latest moves",
        "  fix:",
        "    image: name:v1",
      ],
      ["Deployment edi/three: image c moves [X08-image-pinned]", "  fix:", "    image: c:v1"],
    ],
  );
});

test("of many places some lines are shown and the others counted", (t) => {
  const [fault] = faultsIn(Array.from({ length: 30 }, (_, index) => limit(`workload-${index}`, "main")));
  const lines = faultLines(fault!, 2);
  t.deepEqual(lines.slice(0, 4), [
    "30 places: has no memory limit [X02-container-resources]",
    '  Deployment edi/workload-0, container "main"; Deployment edi/workload-1, container "main"; Deployment edi/workload-2, container "main"',
    '  Deployment edi/workload-3, container "main"; Deployment edi/workload-4, container "main"; Deployment edi/workload-5, container "main"',
    "  and 24 more places, see the log",
  ]);
  t.is(faultLines(fault!, Infinity).filter((line) => line.includes("workload-")).length, 10);
});

test("a verdict that only an update can give is told from advice", (t) => {
  const open = [
    "Secret data/key: not evaluated: data is not known before the update [X06]",
    'custom:type:Thing "name" is not evaluated: its properties are not known',
    "Deployment x is not evaluated: holds containers at spec",
  ];
  t.deepEqual(
    open.map((message) => isOpen(found("X06", message))),
    [true, true, true],
  );
  t.deepEqual(
    [
      "Secret data/key: looks like a placeholder [X06]",
      "Deployment data/api: excepted from X06 until 2027-01-01 (it is evaluated by hand): is open",
    ].map((message) => isOpen(found("X06", message))),
    [false, false],
  );
});
