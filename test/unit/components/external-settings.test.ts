import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { parse } from "yaml";
import { parseSettings } from "../../../components/configuration.ts";
import { checkout } from "../../../scripts/support/checkout.ts";
import { from } from "./support/stated.ts";

const refused = (...problems: string[]) => ({
  message: [
    `the stack's configuration has ${problems.length} wrong value${problems.length === 1 ? "" : "s"}:`,
    ...problems.map((problem) => `  ${problem}`),
  ].join("\n"),
});
const postgres = (tls: object) =>
  from({
    "platform-service": {
      postgres: {
        engine: { kind: "external", host: "db.example.com", cidr: "192.0.2.1/32", passwordSecret: "db", tls },
      },
    },
  });
const mysql = (more: object) => from({ "bots-edi": { database: { kind: "external", cidr: "192.0.2.1/32", ...more } } });
const redis = (engine: unknown) => from({ "resilient-api-gateway": { redis: { engine } } });

test("an authority alone needs caSecret, and a mode that proves nothing takes none", (t) => {
  const needs = (mode: string, full: string) =>
    `${mode} needs one, because a certificate of any public authority for any name would do: name a Secret with the key ca.crt, or write ${full}`;
  const takes = (mode: string, authority: string, full: string) =>
    `nothing is proven under ${mode}: write mode: ${authority} or ${full}, or leave caSecret out (is "ca")`;
  t.throws(
    postgres({ mode: "verify-ca" }),
    refused(`platform-service.postgres.engine.tls.caSecret: ${needs("verify-ca", "verify-full")}`),
  );
  t.throws(
    postgres({ mode: "require", caSecret: "ca" }),
    refused(`platform-service.postgres.engine.tls.caSecret: ${takes("require", "verify-ca", "verify-full")}`),
  );
  t.throws(
    postgres({ mode: "disable", caSecret: "ca" }),
    refused(`platform-service.postgres.engine.tls.caSecret: ${takes("disable", "verify-ca", "verify-full")}`),
  );
  t.throws(
    mysql({ tls: { mode: "VERIFY_CA" } }),
    refused(`bots-edi.database.tls.caSecret: ${needs("VERIFY_CA", "VERIFY_IDENTITY")}`),
  );
  t.throws(
    redis({
      kind: "external",
      host: "redis.example.com",
      cidr: "192.0.2.1/32",
      passwordSecret: "redis",
      tls: { mode: "disable", caSecret: "ca" },
    }),
    refused(`resilient-api-gateway.redis.engine.tls.caSecret: ${takes("disable", "verify-ca", "verify-full")}`),
  );
  for (const tls of [
    {},
    { caSecret: "ca" },
    { mode: "verify-ca", caSecret: "ca" },
    { mode: "require" },
    { mode: "disable" },
  ])
    t.notThrows(postgres(tls), JSON.stringify(tls));
});

test("a mode of another product is refused with the modes there are", (t) => {
  t.throws(
    postgres({ mode: "VERIFY_CA" }),
    refused(
      'platform-service.postgres.engine.tls.mode: Invalid option: expected one of "disable"|"require"|"verify-ca"|"verify-full" (is "VERIFY_CA")',
    ),
  );
  t.throws(
    mysql({ tls: { mode: "verify-full" } }),
    refused(
      'bots-edi.database.tls.mode: Invalid option: expected one of "DISABLED"|"REQUIRED"|"VERIFY_CA"|"VERIFY_IDENTITY" (is "verify-full")',
    ),
  );
});

test("an address has no name that MySQL's clients could compare", (t) => {
  t.throws(
    mysql({ host: "10.20.0.10" }),
    refused(
      'bots-edi.database.host: is an address, and VERIFY_IDENTITY compares names: write the server\'s name, or another tls.mode (is "10.20.0.10")',
    ),
  );
  t.notThrows(mysql({ host: "10.20.0.10", tls: { mode: "VERIFY_CA", caSecret: "ca" } }));
});

test("MariaDB's programs ask for TLS together with the name alone, so the modes between are refused (E06)", (t) => {
  for (const mode of ["REQUIRED", "VERIFY_CA"]) {
    t.throws(
      mysql({ server: "mariadb", tls: { mode, ...(mode === "VERIFY_CA" && { caSecret: "ca" }) } }),
      refused(
        `bots-edi.database.tls.mode: is no mode of MariaDB's programs, which go on without TLS under it where a server offers none: write VERIFY_IDENTITY, or DISABLED where the network between is trusted (is "${mode}")`,
      ),
    );
  }
  for (const mode of ["VERIFY_IDENTITY", "DISABLED"]) t.notThrows(mysql({ server: "mariadb", tls: { mode } }), mode);
});

test("an external Redis as a bare word is answered with the lines to write, and needs its address", (t) => {
  t.throws(
    redis("external"),
    refused(
      'resilient-api-gateway.redis.engine: "external" is no object; write engine: { kind: external, host: ..., cidr: ..., passwordSecret: ... }',
    ),
  );
  t.throws(
    redis("in-cluster"),
    refused('resilient-api-gateway.redis.engine: "in-cluster" is no object; write engine: { kind: in-cluster }'),
  );
  t.throws(redis({ kind: "external", host: "redis.example.com", passwordSecret: "redis" }), {
    message: /^ {2}resilient-api-gateway\.redis\.engine\.cidr: Invalid input/m,
  });
});

test("servers outside that the integration gateway calls are addresses, at port 443 unless others are named (B16)", (t) => {
  const gateway = (egress: object) => from({ "bgc-platform": { integrationGateway: { egress } } });
  t.throws(gateway({ cidrs: ["comexstat.example.com"] }), {
    message:
      /^ {2}bgc-platform\.integrationGateway\.egress\.cidrs\[0\]: Invalid IPv4 range \(is "comexstat\.example\.com"\)$/m,
  });
  t.throws(gateway({ cidrs: [] }), { message: /^ {2}bgc-platform\.integrationGateway\.egress\.cidrs: Too small/m });
  t.deepEqual(gateway({ cidrs: ["203.0.113.0/28"] })()["bgc-platform"]?.integrationGateway.egress, {
    cidrs: ["203.0.113.0/28"],
    ports: [443],
  });
});

const page = readFileSync(join(checkout, "docs/external-stores.md"), "utf8");
const project = "production-platform:";

test("all lines that docs/external-stores.md says to write are settings of a stack", (t) => {
  const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(
    ([, text]) => (parse(text!) as { config: Record<string, object> }).config,
  );
  const systems = blocks.map((block) => {
    const [[key, value]] = Object.entries(block) as [[string, object]];
    const name = key.slice(project.length);
    t.true(key.startsWith(project), key);
    t.notThrows(
      () =>
        parseSettings(
          name === "policies"
            ? { systems: ["bots-edi"], "bots-edi": { applications: { source: "contract-server" } }, [name]: value }
            : { systems: [name], [name]: { applications: { source: "contract-server" }, ...value } },
        ),
      name,
    );
    return name;
  });
  t.deepEqual(systems, ["policies", "platform-service", "bots-edi", "techbra-ecommerce", "resilient-api-gateway"]);
  t.true(readFileSync(join(checkout, "README.md"), "utf8").includes("(docs/external-stores.md)"));
});
