import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { parse } from "yaml";
import { checkout } from "../../../scripts/support/checkout.ts";
import { type DeclaredResource, manifests } from "../../../scripts/support/declared-objects.ts";
import { policySettings } from "../../../scripts/support/policy-settings.ts";
import { stackConfiguration } from "../../../scripts/support/stack-configuration.ts";

test("a stack that does not exist is named, with the file that was looked for", (t) => {
  t.throws(() => stackConfiguration("staging"), {
    message: `there is no stack "staging": ${join(checkout, "Pulumi.staging.yaml")} does not exist`,
  });
});

test("a stack's values are texts, as the engine hands them over", (t) => {
  const configuration = stackConfiguration("dev");
  const { config } = parse(readFileSync(join(checkout, "Pulumi.dev.yaml"), "utf8")) as {
    config: Record<string, unknown>;
  };
  t.is(configuration["production-platform:systems"], JSON.stringify(config["production-platform:systems"]));
  t.is(configuration["production-platform:purpose"], "development");
  const settings = JSON.parse(configuration["production-platform:bgc-platform"] ?? "") as { applications: object };
  t.deepEqual(settings.applications, { source: "contract-server" });
});

test("only the configuration of a stack's file is read, not the engine's own entries", (t) => {
  t.deepEqual(
    Object.keys(stackConfiguration("dev")).filter((name) => !name.startsWith("production-platform:")),
    [],
  );
});

test("the policies' settings of a stack are those of its file, and what is no object or misspelt is refused", (t) => {
  t.deepEqual(policySettings(stackConfiguration("prod")).enforcement, { "B16-sealed-value": "advisory" });
  t.deepEqual(policySettings({}), policySettings({ "production-platform:policies": "{}" }));
  t.throws(() => policySettings({ "production-platform:policies": "strict" }), {
    message:
      'The policy settings are not valid:\n  (settings): Invalid input: expected object, received string (is "strict")',
  });
  t.throws(() => policySettings({ "production-platform:polices": "{}" }), {
    message:
      'The policy settings are not valid:\n  production-platform:polices: there is no such setting; the nearest is "policies"',
  });
});

const configMap = (metadata: object, data: unknown = { key: "value" }): DeclaredResource => ({
  type: "kubernetes:core/v1:ConfigMap",
  name: "logical",
  inputs: { apiVersion: "v1", kind: "ConfigMap", metadata, data },
});

test("manifests are the Kubernetes objects among what is declared, without its component and its passwords", (t) => {
  const declared = [
    { type: "platform:system:BgcPlatform", name: "bgc-platform", inputs: {} },
    { type: "random:index/randomPassword:RandomPassword", name: "password", inputs: { length: 32 } },
    { type: "pulumi:providers:kubernetes", name: "cluster", inputs: { kind: "none" } },
    configMap({ name: "settings", namespace: "data" }),
  ];
  t.deepEqual(manifests(declared), [
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace: "data" }, data: { key: "value" } },
  ]);
});

test("an envelope that marks a secret is taken off, wherever it is", (t) => {
  const secret = (value: unknown) => ({
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    value,
  });
  const declared = configMap({ name: "settings" }, secret({ list: [secret("first"), "second"], nothing: null }));
  t.deepEqual(manifests([declared])[0]?.["data"], { list: ["first", "second"], nothing: null });
});
