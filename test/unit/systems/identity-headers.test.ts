import test from "ava";
import { systemOf } from "./support/system.ts";

const programs = [
  ["bgc-platform", "bgc-api"],
  ["platform-service", "platform-service"],
  ["resilient-api-gateway", "proxy-service"],
] as const;
const logsIn = { authenticatingProxy: true };

test("no program believes a name in a header unless its system says that a proxy logs clients in (B01, P07, G05)", async (t) => {
  for (const [system, name] of programs) {
    for (const stack of ["dev", "prod"])
      t.is((await systemOf(stack, system)).env("Deployment", name)["TRUSTED_IDENTITY"], "false", `${stack} ${name}`);
    t.is(
      (await systemOf("prod", system, { [system]: logsIn })).env("Deployment", name)["TRUSTED_IDENTITY"],
      "true",
      name,
    );
  }
});

test("the reverse proxy removes names that clients give themselves, and passes those of an authenticating proxy on (G05, G11)", async (t) => {
  const lines = async (changes: object) =>
    (await systemOf("prod", "resilient-api-gateway", { "resilient-api-gateway": changes }))
      .config(/^nginx-config-/)
      ["default.conf"]!.match(/^ *proxy_set_header X-(Client|User)-Id.*$/gm);
  t.deepEqual(await lines({}), ['    proxy_set_header X-Client-Id "";', '    proxy_set_header X-User-Id "";']);
  t.is(await lines(logsIn), null);
});

test("behind an ingress controller the reverse proxy keeps the scheme and the request's id, and names the client by the last address alone (G11)", async (t) => {
  const conf = (await systemOf("prod", "resilient-api-gateway")).config(/^nginx-config-/)["default.conf"]!;
  for (const line of [
    'map $http_x_forwarded_proto $client_scheme { default $http_x_forwarded_proto; "" $scheme; }',
    'map $http_x_request_id $correlation_id { default $http_x_request_id; "" $request_id; }',
    "  set_real_ip_from 0.0.0.0/0;",
    "  set_real_ip_from ::/0;",
    "  real_ip_header X-Forwarded-For;",
    "    proxy_set_header X-Request-Id $correlation_id;",
    "    proxy_set_header X-Forwarded-Proto $client_scheme;",
    "    proxy_set_header X-Forwarded-For $remote_addr;",
  ])
    t.true(conf.split("\n").includes(line), line);
  t.notRegex(conf, /real_ip_recursive/);
});
