import test from "ava";
import { loadSettings, parseSettings } from "../../../components/configuration.ts";
import { systemNames } from "../../../components/systems/index.ts";
import { declaredBy } from "../../support/stack-variant.ts";
import { from, stated } from "./support/stated.ts";

const refused = (...problems: string[]) => ({
  message: [
    `the stack's configuration has ${problems.length} wrong value${problems.length === 1 ? "" : "s"}:`,
    ...problems.map((problem) => `  ${problem}`),
  ].join("\n"),
});
const ofStack = [
  "alerting",
  "certificateIssuer",
  "clusterAddons",
  "context",
  "dnsCidrs",
  "ingress",
  "ingressClass",
  "monitoring",
  "policies",
  "purpose",
  "retainData",
  "storageClass",
  "systems",
];
const topLevel = `there are ${[...ofStack, ...systemNames].sort().join(", ")}`;
const unset =
  "bgc-platform.applications: no source is set; write one of\n" +
  "    applications: { source: contract-server }\n    applications: { source: images, api: ..., integrationGateway: ..., web: ... }";

test("an unknown name at the top of a stack is refused with the nearest name and the list", (t) => {
  for (const [name, nearest] of [
    ["bgc-platfrom", "bgc-platform"],
    ["clusterAddon", "clusterAddons"],
    ["polices", "policies"],
    ["Systems", "systems"],
  ] as const) {
    t.throws(
      from({ [name]: {} }),
      refused(`${name}: there is no such setting; the nearest is "${nearest}"; ${topLevel}`),
    );
  }
  t.notThrows(from({ policies: { strict: true } }));
});

test("an unknown key inside a system is refused with its path, the nearest name and the list", (t) => {
  t.throws(
    from({ "bgc-platform": { api: { replica: 3 }, postgress: {} } }),
    refused(
      'bgc-platform.api.replica: there is no such setting; the nearest is "replicas"; there are freeTierRequestsPerDay, replicas, resources',
      'bgc-platform.postgress: there is no such setting; the nearest is "postgres"; there are api, applications, authenticatingProxy, comexstat, hosts, integrationGateway, postgres, publicPaths, quota, redis, tlsSecret, web',
    ),
  );
});

test("the list is that of the kind that was chosen", (t) => {
  t.throws(
    from({
      "platform-service": {
        postgres: {
          engine: { kind: "external", host: "db.example.com", cidr: "192.0.2.1/32", passwordSecret: "db", prot: 5433 },
        },
      },
    }),
    refused(
      'platform-service.postgres.engine.prot: there is no such setting; the nearest is "port"; there are cidr, host, kind, passwordSecret, port, tls',
    ),
  );
  t.throws(
    from({ "bots-edi": { applications: { source: "contract-server", bots: "bots:v1" } } }),
    refused('bots-edi.applications.bots: there is no such setting; the only one is "source"'),
  );
});

test("a kind as a bare word is answered with the lines to write", (t) => {
  t.throws(
    from({ "bgc-platform": { postgres: { engine: "external" } } }),
    refused(
      'bgc-platform.postgres.engine: "external" is no object; write engine: { kind: external, host: ..., cidr: ..., passwordSecret: ... }',
    ),
  );
  t.throws(
    from({ "techbra-ecommerce": { kafka: { engine: "statefulset" } } }),
    refused('techbra-ecommerce.kafka.engine: "statefulset" is no object; write engine: { kind: statefulset }'),
  );
  t.throws(
    from({ "bots-edi": { database: "external" } }),
    refused('bots-edi.database: "external" is no object; write database: { kind: external, cidr: ... }'),
  );
  t.throws(
    from({ "bgc-platform": { applications: "images" } }),
    refused(
      'bgc-platform.applications: "images" is no object; write applications: { source: images, api: ..., integrationGateway: ..., web: ... }',
    ),
  );
});

test("a kind that does not exist, that is left out or that is no word is answered with all there are", (t) => {
  const forms = "write one of\n    database: { kind: external, cidr: ... }\n    database: { kind: in-cluster }";
  t.throws(
    from({ "bots-edi": { database: "extern" } }),
    refused(`bots-edi.database: there is no kind "extern"; the nearest is "external"; ${forms}`),
  );
  t.throws(
    from({ "bots-edi": { database: { kind: "incluster" } } }),
    refused(`bots-edi.database: there is no kind "incluster"; the nearest is "in-cluster"; ${forms}`),
  );
  t.throws(
    from({ "bots-edi": { database: { storage: "2Gi" } } }),
    refused(`bots-edi.database: no kind is set; ${forms}`),
  );
  t.throws(from({ "bots-edi": { database: 3 } }), refused(`bots-edi.database: is 3; ${forms}`));
});

test("a system that is deployed says where its programs come from, with a block of its own or without one", (t) => {
  t.throws(() => parseSettings({ systems: ["bgc-platform"] }), refused(unset));
  t.throws(
    () => parseSettings({ systems: ["bgc-platform"], "bgc-platform": { web: { replicas: 2 } } }),
    refused(unset),
  );
  t.throws(() => parseSettings({ ...stated(), "bgc-platform": {} }), refused(unset));
  t.notThrows(() =>
    parseSettings({ systems: ["bgc-platform"], "bgc-platform": { applications: { source: "contract-server" } } }),
  );
});

test("a stack without a list of systems deploys all there are, and each of them must say it", (t) => {
  const paths = (error: Error | undefined) => error?.message.match(/^ {2}\S+(?=: no source is set)/gm);
  t.deepEqual(
    paths(t.throws(() => parseSettings({}))),
    systemNames.map((name) => `  ${name}.applications`),
  );
});

test("a list of systems that is no list is the one thing that is wrong with it", (t) => {
  t.throws(
    () => parseSettings({ systems: "bots-edi" }),
    refused('systems: Invalid input: expected array, received string (is "bots-edi")'),
  );
});

test("a system that is not deployed needs no settings; one that is described all the same is checked", (t) => {
  const only = { systems: ["bots-edi"], "bots-edi": { applications: { source: "contract-server" } } };
  const settings = parseSettings(only);
  t.deepEqual([settings["bgc-platform"], settings["bots-edi"]?.database.kind], [undefined, "in-cluster"]);
  t.throws(() => parseSettings({ ...only, "bgc-platform": { web: {} } }), refused(unset));
});

test("a stack is for production unless it says that it is for development", (t) => {
  t.deepEqual([from({})().purpose, from({ purpose: "development" })().purpose], ["production", "development"]);
  t.throws(
    from({ purpose: "dev" }),
    refused('purpose: Invalid option: expected one of "development"|"production" (is "dev")'),
  );
});

test("a number in place of a text is answered with its quotes, where these make it right", (t) => {
  const error = t.throws(
    from({
      "bgc-platform": { api: { resources: { cpuLimit: 1 } }, postgres: { storage: 10 } },
      "platform-service": { config: { MAX_BODY: 100, DEBUG: true } },
    }),
  );
  t.is(
    error?.message,
    refused(
      'bgc-platform.api.resources.cpuLimit: expected an amount of processor time such as "250m" or "2": write it in quotes, "1" (is 1)',
      'bgc-platform.postgres.storage: expected an amount of memory or storage such as "512Mi" (is 10)',
      'platform-service.config.MAX_BODY: expected a text: write it in quotes, "100" (is 100)',
      'platform-service.config.DEBUG: expected a text: write it in quotes, "true" (is true)',
    ).message,
  );
});

test("a key that may have any name of a pattern says the pattern", (t) => {
  t.throws(
    from({ "platform-service": { config: { logLevel: "debug" } } }),
    refused('platform-service.config.logLevel: Invalid string: must match pattern /^[A-Z][A-Z0-9_]*$/ (is "debug")'),
  );
});

/** Loads what the engine hands over: one text for each name, of whatever namespace. */
async function loaded(configuration: Record<string, string>) {
  const texts = Object.fromEntries(
    Object.entries(stated({ purpose: "development" })).map(([name, value]) => [
      `production-platform:${name}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
  let purpose: string | undefined;
  await declaredBy(() => void ({ purpose } = loadSettings()), { ...texts, ...configuration });
  return purpose;
}

test("all of the project's configuration is read, so that a misspelt name is refused by the program itself", async (t) => {
  await t.throwsAsync(
    loaded({ "production-platform:clusterAddon": '["keda"]' }),
    refused(`clusterAddon: there is no such setting; the nearest is "clusterAddons"; ${topLevel}`),
  );
});

test("a misspelt project is refused, and so is a name without one", async (t) => {
  await t.throwsAsync(
    loaded({ "production-platfrom:systems": '["bots-edi"]' }),
    refused("production-platfrom:systems: there is no such project; write production-platform:systems"),
  );
  await t.throwsAsync(
    loaded({ systems: '["bots-edi"]' }),
    refused("systems: there is no such project; write production-platform:systems"),
  );
});

test("configuration of Pulumi and of providers is left alone", async (t) => {
  t.is(
    await loaded({ "kubernetes:context": "k3d-dev", "pulumi:tags": "{}", "aws:region": "sa-east-1" }),
    "development",
  );
});

test("a name that looks like a number stays a text", async (t) => {
  t.is(await loaded({ "production-platform:storageClass": "1" }), "development");
});
