import test from "ava";
import { added, beside, by, field, kept, patternsOf } from "./support/mutation-pattern.ts";
import { mutantsOf } from "./support/mutator.ts";

const deployment = () => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "api" },
  spec: {
    template: {
      spec: {
        securityContext: { runAsNonRoot: true, runAsUser: 1000 },
        initContainers: [{ name: "migrate", image: "api:v1" }],
        containers: [{ name: "api", image: "api:v1", securityContext: { runAsNonRoot: true } }],
      },
    },
  },
});
const shown = (patterns: ReturnType<typeof patternsOf>) =>
  [...mutantsOf(deployment(), patterns)].map(({ change, path }) => [change, path]);
const pod = "spec.template.spec";

test("a field is deleted and weakened wherever it is, in containers of every role", (t) => {
  t.deepEqual(shown(patternsOf("container", field("image", "api:latest"))), [
    ["container image: deleted", `${pod}.containers.0.image`],
    ['container image: "api:latest"', `${pod}.containers.0.image`],
    ["container image: deleted", `${pod}.initContainers.0.image`],
    ['container image: "api:latest"', `${pod}.initContainers.0.image`],
  ]);
});

test("what is not there is only weakened where it may be added, and a value that is there already is no mutant", (t) => {
  t.deepEqual(shown(patternsOf("container", kept("securityContext.runAsUser", 0))), []);
  t.deepEqual(shown(patternsOf("pod", kept("securityContext.runAsUser", 1000, 0))), [
    ["pod securityContext.runAsUser: 0", `${pod}.securityContext.runAsUser`],
  ]);
  const [mutant] = mutantsOf(deployment(), patternsOf("pod", added("dnsConfig.options", [])));
  t.like(mutant?.after, {
    spec: { template: { spec: { dnsConfig: { options: [] }, securityContext: { runAsUser: 1000 } } } },
  });
});

test("elements are chosen by what they hold", (t) => {
  t.deepEqual(
    shown(
      patternsOf(
        "pod",
        field("initContainers[name=migrate]"),
        field("initContainers[name=verify]"),
        field("containers[*].image"),
      ),
    ),
    [
      ["pod initContainers[name=migrate]: deleted", `${pod}.initContainers.0`],
      ["pod containers[*].image: deleted", `${pod}.containers.0.image`],
    ],
  );
});

test("a value that the pod would stand in for is deleted there too", (t) => {
  const [mutant] = mutantsOf(
    deployment(),
    patternsOf("container", { ...field("securityContext.runAsNonRoot"), inherited: true }),
  );
  t.deepEqual(mutant?.after?.["spec"], {
    template: {
      spec: {
        securityContext: { runAsUser: 1000 },
        initContainers: [{ name: "migrate", image: "api:v1" }],
        containers: [{ name: "api", image: "api:v1", securityContext: {} }],
      },
    },
  });
});

test("objects are removed, replaced, and added beside others", (t) => {
  const manifest = deployment();
  const mutants = [
    ...mutantsOf(
      manifest,
      patternsOf(
        ["Deployment"],
        field(
          "",
          by("a Job", (object: object) => ({ ...object, kind: "Job" })),
          beside("a twin", (object) => ({ ...object, metadata: { name: "twin" } })),
        ),
      ),
    ),
  ];
  t.deepEqual(
    mutants.map(({ change, before, after }) => [change, before === manifest, after?.kind, after?.metadata?.name]),
    [
      ["Deployment object: deleted", true, undefined, undefined],
      ["Deployment object: a Job", true, "Job", "api"],
      ["Deployment object: a twin", false, "Deployment", "twin"],
    ],
  );
  t.deepEqual([...mutantsOf(manifest, patternsOf(["Service"], field("")))], []);
});

test("the object itself stays as it is", (t) => {
  const manifest = deployment();
  const mutants = [
    ...mutantsOf(manifest, patternsOf("container", field("image"), added("env", [{ name: "A", value: "b" }]))),
  ];
  t.is(mutants.length, 4);
  t.deepEqual(manifest, deployment());
});
