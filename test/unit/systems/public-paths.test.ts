import test from "ava";
import { find } from "../../support/objects.ts";
import { listedOf } from "../../support/listed-systems.ts";
import { stackVariant } from "../../support/stack-variant.ts";
import { parseSettings } from "../../../components/configuration.ts";

interface PublicPath {
  readonly path: string;
  readonly pathType: string;
}
const stacks = { dev: listedOf(await stackVariant("dev")), prod: listedOf(await stackVariant("prod")) };

/** The paths of every Ingress, by its namespace and name. */
const routed = ({ objects }: (typeof stacks)["dev"]): Record<string, readonly PublicPath[]> =>
  Object.fromEntries(
    objects
      .filter(({ kind }) => kind === "Ingress")
      .map(({ metadata, spec }) => [
        `${metadata.namespace}/${metadata.name}`,
        (spec as { rules: { http: { paths: PublicPath[] } }[] }).rules.flatMap(({ http }) =>
          http.paths.map(({ path, pathType }) => ({ path, pathType })),
        ),
      ]),
  );

/** How every ingress controller reads a path: Prefix goes by whole parts between slashes. */
const leads = ({ path, pathType }: PublicPath, asked: string): boolean =>
  asked === path || (pathType === "Prefix" && asked.startsWith(path.endsWith("/") ? path : `${path}/`));

const internal = [
  "/metrics",
  "/livez",
  "/readyz",
  "/actuator/prometheus",
  "/actuator/health",
  "/audit/export",
  "/audit/cleanup",
  "/audit/holds",
  "/audit/stats",
  "/admin/",
  "/admin/bots/routes/",
  "/delete/",
  "/plugin/",
  "/plugout/",
  "/sendtestmail/",
];

for (const [stack, variant] of Object.entries(stacks)) {
  test(`${stack}: no Ingress leads to metrics, internal health, the audit log or Bots' administration, and each leads to what is public (G11, P05, P07)`, (t) => {
    const ingresses = routed(variant);
    t.deepEqual(Object.keys(ingresses).sort(), [
      "api-gateway/proxy-service",
      "data/bgc-api",
      "data/bgc-web",
      "edi/bots-edi-ingress",
      "platform/platform-ingress",
    ]);
    const open = Object.entries(ingresses).flatMap(([name, paths]) =>
      internal.filter((asked) => paths.some((path) => leads(path, asked))).map((asked) => `${name} ${asked}`),
    );
    t.deepEqual(open, []);
    const asked = {
      "data/bgc-api": ["/healthz", "/v1/simulator/destinations"],
      "data/bgc-web": ["/", "/healthz", "/api/simulate"],
      "platform/platform-ingress": ["/health", "/v1/settings/theme"],
      "api-gateway/proxy-service": ["/health", "/proxy/ok", "/proxy/fail", "/proxy/slow"],
      "edi/bots-edi-ingress": ["/", "/api/transactions", "/health/live", "/login/", "/incoming/"],
    };
    for (const [name, wanted] of Object.entries(asked))
      t.deepEqual(
        wanted.filter((each) => !ingresses[name]!.some((path) => leads(path, each))),
        [],
        name,
      );
  });
}

test("the first page alone is exact, because a prefix of it would be everything", (t) => {
  t.deepEqual(routed(stacks.dev)["data/bgc-web"]!.slice(0, 2), [
    { path: "/", pathType: "Exact" },
    { path: "/healthz", pathType: "Prefix" },
  ]);
});

test("a stack can name the public paths of its own image, and the reverse proxy passes on exactly these (G11)", async (t) => {
  const { objects } = await stackVariant("prod", {
    "bgc-platform": { publicPaths: { web: ["/", "/app"] } },
    "resilient-api-gateway": { publicPaths: ["/", "/v2.1"] },
  });
  t.deepEqual(routed({ objects, targets: [] })["data/bgc-web"], [
    { path: "/", pathType: "Exact" },
    { path: "/app", pathType: "Prefix" },
  ]);
  t.regex(
    (find(objects, "ConfigMap", /^nginx-config-/)["data"] as Record<string, string>)["default.conf"]!,
    /^ {2}location ~ \^\(\?:\/\|\/v2\\\.1\(\?:\/\.\*\)\?\)\$ \{$/m,
  );
});

/** A stack of the platform service alone. */
const platform = (values: Readonly<Record<string, unknown>>) => ({
  systems: ["platform-service"],
  "platform-service": { applications: { source: "contract-server" }, ...values },
});

test("an internal path, a part of one and a path that is none are refused by their place", (t) => {
  const refused = (publicPaths: unknown) =>
    t
      .throws(() => parseSettings(platform({ publicPaths })))!
      .message.split("\n")
      .slice(1);
  t.deepEqual(refused(["/v1", "/metrics", "/audit/export", "v2"]), [
    '  platform-service.publicPaths[1]: /metrics, /livez, /readyz, /actuator and /audit are for inside the cluster (is "/metrics")',
    '  platform-service.publicPaths[2]: /metrics, /livez, /readyz, /actuator and /audit are for inside the cluster (is "/audit/export")',
    '  platform-service.publicPaths[3]: expected a path such as "/v1", without a slash at its end (is "v2")',
  ]);
  t.deepEqual(refused([]), ["  platform-service.publicPaths: Too small: expected array to have >=1 items (is [])"]);
  t.deepEqual(parseSettings(platform({}))["platform-service"]?.publicPaths, ["/health", "/v1"]);
});
