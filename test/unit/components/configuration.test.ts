import test from "ava";
import { chooseContext } from "../../../components/cluster.ts";
import { systemNames } from "../../../components/systems/index.ts";
import { from } from "./support/stated.ts";

test("a stack that says only where its programs come from has the runbook's numbers (B01, B04, B06, B10)", (t) => {
  const { "bgc-platform": bgc, retainData, systems } = from({})();
  t.true(retainData);
  t.deepEqual(systems, systemNames);
  t.is(bgc.api.freeTierRequestsPerDay, 5);
  t.is(bgc.api.replicas, 1);
  t.is(bgc.integrationGateway.replicas, 2);
  t.is(bgc.redis.maxMemory, "512Mi");
  t.is(bgc.postgres.resources.memoryLimit, "2Gi");
  t.is(bgc.postgres.backup.schedule, "0 2 * * *");
  t.deepEqual(bgc.hosts, { api: "api.bgc.local", web: "web.bgc.local" });
});

test("all wrong values are told at once, each with its path and value", (t) => {
  const error = t.throws(
    from({
      retainData: "maybe",
      "bgc-platform": { redis: { maxMemory: "512MB" }, api: { replicas: 0 }, hosts: { api: "no host" } },
    }),
  );
  t.is(
    error?.message,
    [
      "the stack's configuration has 4 wrong values:",
      '  retainData: Invalid input: expected boolean, received string (is "maybe")',
      '  bgc-platform.hosts.api: expected a host name such as "api.example.com" (is "no host")',
      "  bgc-platform.api.replicas: Too small: expected number to be >=1 (is 0)",
      '  bgc-platform.redis.maxMemory: expected an amount of memory or storage such as "512Mi" (is "512MB")',
    ].join("\n"),
  );
});

test("systems are named once, by their names, and at least one of them", (t) => {
  const names = systemNames.map((name) => `"${name}"`).join("|");
  t.throws(from({ systems: ["bgc"] }), {
    message: `the stack's configuration has 1 wrong value:\n  systems[0]: Invalid option: expected one of ${names} (is "bgc")`,
  });
  t.throws(from({ systems: ["bots-edi", "platform-service", "bots-edi"] }), {
    message:
      'the stack\'s configuration has 1 wrong value:\n  systems: a system is named twice (is ["bots-edi","platform-service","bots-edi"])',
  });
  t.throws(from({ systems: [] }), { message: /^ {2}systems: Too small/m });
  t.deepEqual(from({ systems: ["techbra-ecommerce", "bots-edi"] })().systems, ["techbra-ecommerce", "bots-edi"]);
});

test("add-ons are known ones, and certificates come from letsencrypt-prod unless the stack names another issuer (P05, E08)", (t) => {
  t.throws(from({ clusterAddons: ["istio"] }), {
    message:
      /clusterAddons\[0\]: Invalid option: expected one of "cert-manager"\|"keda"\|"prometheus-operator"\|"sealed-secrets"\|"velero"\|"volume-snapshots" \(is "istio"\)/,
  });
  t.deepEqual(
    [from({})().clusterAddons, from({})().certificateIssuer],
    [[], { kind: "ClusterIssuer", name: "letsencrypt-prod", acme: true }],
  );
  t.deepEqual(from({ certificateIssuer: { kind: "Issuer", name: "own" } })().certificateIssuer, {
    kind: "Issuer",
    name: "own",
    acme: true,
  });
});

test("hosts whose certificate an ACME authority can never sign are refused, each with its system, the reason and both ways out (P05, E08)", (t) => {
  const clusterAddons = ["cert-manager"];
  const hosts = {
    "bgc-platform": { tlsSecret: "bgc-tls", hosts: { web: "web.example.com" } },
    "platform-service": {},
    "bots-edi": { host: "bots-edi.local" },
    "resilient-api-gateway": { host: "gateway", tlsSecret: "gateway-tls" },
  };
  const end = (system: string, key = "host") =>
    `and ClusterIssuer letsencrypt-prod is an ACME authority's, which signs names on the internet alone: set ${system}.${key} to such a name, such as "${system}.example.com", or certificateIssuer.acme to false where the issuer is your own authority`;
  t.is(
    t.throws(from({ clusterAddons, ...hosts }))?.message,
    [
      "the stack's configuration has 4 wrong values:",
      `  bgc-platform.hosts.api: "api.bgc.local" ends in .local, which nobody owns, ${end("bgc-platform", "hosts.api")}`,
      `  platform-service.host: "platform-service" has no dot, ${end("platform-service")}`,
      `  bots-edi.host: "bots-edi.local" ends in .local, which nobody owns, ${end("bots-edi")} (is "bots-edi.local")`,
      `  resilient-api-gateway.host: "gateway" has no dot, ${end("resilient-api-gateway")} (is "gateway")`,
    ].join("\n"),
  );
  t.notThrows(from(hosts), "self-signed");
  t.notThrows(
    from({ clusterAddons, ...hosts, certificateIssuer: { name: "own-ca", acme: false } }),
    "an authority of one's own",
  );
  t.notThrows(from({ clusterAddons, systems: ["techbra-ecommerce"] }), "no host with a certificate is deployed");
  t.notThrows(
    from({ clusterAddons, "platform-service": { host: "platform.example.com" } }),
    "names on the internet, and a host without TLS",
  );
});

test("an image needs a release tag or a digest (X08)", (t) => {
  const images = (api: string) =>
    from({ "bgc-platform": { applications: { source: "images", api, integrationGateway: "g:v1", web: "w:v1" } } });
  for (const good of [
    "bgc-api:v0.4.0",
    "registry:5000/a/b:v1",
    `r.io/a@sha256:${"0".repeat(64)}`,
    `r.io/a:v1@sha256:${"a".repeat(64)}`,
  ])
    t.notThrows(images(good), good);
  for (const bad of ["bgc-api", "bgc-api:latest", "registry:5000/a/b", "a b:v1", "r.io/a@sha256:12"])
    t.throws(images(bad), { message: /applications.api: expected an image with a release tag/ }, bad);
});

test("a local context is taken, a named one always, and any other current one is refused by name", (t) => {
  t.is(chooseContext(undefined, "k3d-bgc"), "k3d-bgc");
  t.is(chooseContext(undefined, "kind-techbra-ecommerce"), "kind-techbra-ecommerce");
  t.is(chooseContext(undefined, "local-platform"), "local-platform");
  t.is(chooseContext("production-eu", "k3d-bgc"), "production-eu");
  t.is(chooseContext(undefined, undefined), undefined);
  t.throws(() => chooseContext(undefined, "production-eu"), {
    message:
      /"production-eu" is neither a k3d, kind nor local-platform cluster.*pulumi config set context production-eu/,
  });
});
