import { createRequire } from "node:module";
import test from "ava";
import { crossGuardPolicies } from "../../../policies/gates/pulumi/cross-guard.ts";
import { fromManifest, fromPulumi } from "../../../policies/model/kubernetes-object.ts";
import { strayOverrides } from "../../../policies/engine/stray-overrides.ts";
import { parseSettings } from "../../../policies/engine/settings.ts";
import { changed, today } from "../fixtures/fixture.ts";
import { runPack } from "../support/cross-guard-run.ts";

const { unknownStringValue } = createRequire(import.meta.url)("@pulumi/policy/proxy.js") as {
  unknownStringValue: string;
};

const of = (kind: string, name: string, namespace?: string) =>
  fromManifest({ apiVersion: "v1", kind, metadata: { name, ...(namespace && { namespace }) } });
const stack = [
  ...of("Namespace", "data"),
  ...of("Namespace", "edi"),
  ...of("Deployment", "bots-webserver", "edi"),
  ...of("CronJob", "bots-engine", "edi"),
  ...of("Service", "bots", "edi"),
];
const strays = (override: object, objects = stack) =>
  strayOverrides(parseSettings({ overrides: [{ rules: {}, ...override }] }), objects);

test("an override for a namespace that the stack does not have is named with the nearest one and the list", (t) => {
  t.deepEqual(strays({ namespace: "daat" }), [
    'an override of the policies is for namespace "daat", which the stack does not have; the nearest is "data"; there are data, edi',
  ]);
  t.deepEqual(strays({ namespace: "data" }), []);
});

test("an override for a workload that its namespace does not have is named with the nearest one and the list", (t) => {
  t.deepEqual(strays({ namespace: "edi", workload: "Deployment/bots-web" }), [
    'an override of the policies is for workload "Deployment/bots-web" of namespace "edi", which the stack does not have; the nearest is "Deployment/bots-webserver"; there are CronJob/bots-engine, Deployment/bots-webserver',
  ]);
  t.deepEqual(strays({ namespace: "data", workload: "Deployment/bots-webserver" }), [
    'an override of the policies is for workload "Deployment/bots-webserver" of namespace "data", which the stack does not have; there are none',
  ]);
  t.deepEqual(strays({ namespace: "edi", workload: "CronJob/bots-engine" }), []);
});

test("a namespace counts that only objects in it show", (t) => {
  t.deepEqual(strays({ namespace: "velero" }, [...stack, ...of("Schedule", "nightly", "velero")]), []);
});

test("no override is refused while the place of an object is not known", (t) => {
  class UnknownValueError extends Error {}
  const metadata = {
    name: "api",
    get namespace(): string {
      throw new UnknownValueError("unknown");
    },
  };
  t.deepEqual(
    strays({ namespace: "daat" }, [
      ...stack,
      ...fromPulumi({ type: "kubernetes:apps/v1:Deployment", name: "api", urn: "urn", props: { metadata } }),
    ]),
    [],
  );
});

test("the policy pack refuses a stray override of a whole stack, and leaves the others alone", async (t) => {
  const said = async (namespace: string, manifests = changed([])) => {
    const settings = parseSettings({
      overrides: [{ namespace, rules: { "X02-memory-overcommit": { maxLimitRequestRatio: 20 } } }],
    });
    return (await runPack(manifests, { policies: crossGuardPolicies(today, settings) }))
      .filter(({ policy }) => policy === "overrides-apply")
      .map(({ level, message }) => [level, message]);
  };
  t.deepEqual(await said("daat"), [
    [
      "mandatory",
      'an override of the policies is for namespace "daat", which the stack does not have; the only one is "data"',
    ],
  ]);
  t.deepEqual(await said("data"), []);
  t.deepEqual(await said("daat", changed([["api", "metadata.namespace", unknownStringValue]])), []);
});
