import test from "ava";
import { nextSteps } from "../../../scripts/support/next-steps.ts";
import { updateProgress } from "../../../scripts/support/update-progress.ts";
import { verificationLines } from "../../../scripts/support/verification-lines.ts";
import type { Check } from "../../../operations/verify.ts";
import { listedOf } from "../../support/listed-systems.ts";
import { stackVariant } from "../../support/stack-variant.ts";
import { at, event, urn } from "./support/engine-log.ts";

const check = (about: Check["about"], name: string, passed = true): Check => ({
  about,
  name,
  passed,
  detail: passed ? "as it should be" : "is not",
});

test("a system that is well is one line, and each check of it is in the log", (t) => {
  const checks = [
    check("workload", "StatefulSet postgres"),
    check("workload", "Deployment api"),
    check("endpoint", "API /healthz"),
    check("backup", "backup of postgres"),
    check("public host", "Ingress of a.local"),
    check("public host", "certificate of a.local"),
  ];
  t.deepEqual(verificationLines({ system: "shop", checks, unchecked: [] }), {
    lines: [
      "ok   shop: 2 workloads Ready, 1 health endpoint answers, 1 backup as new as scheduled, 2 checks of public hosts",
    ],
    details: checks.map(({ name }) => `ok   shop: ${name}: as it should be`),
  });
});

test("a check that failed is shown in full, and no line says that the system is well", (t) => {
  const { lines } = verificationLines({
    system: "shop",
    checks: [
      check("workload", "Deployment api", false),
      check("endpoint", "API /healthz", false),
      check("endpoint", "Web /healthz"),
    ],
    unchecked: [],
  });
  t.deepEqual(lines, [
    "FAIL shop: Deployment api: is not",
    "FAIL shop: API /healthz: is not",
    "     shop: the rest passes: 1 health endpoint answers",
  ]);
  t.deepEqual(
    verificationLines({ system: "shop", checks: [check("workload", "Deployment api", false)], unchecked: [] }).lines,
    ["FAIL shop: Deployment api: is not", "     shop: the rest passes: nothing to look at"],
  );
});

test("what a simulated node cannot show is named", (t) => {
  t.deepEqual(
    verificationLines({
      system: "shop",
      checks: [check("workload", "Deployment api")],
      unchecked: ["API /healthz", "backup of postgres"],
    }).lines,
    [
      "not checked, because the node is simulated and no container runs: API /healthz, backup of postgres",
      "ok   shop: 1 workload Ready",
    ],
  );
});

test("the next steps name the stack, and an address for each endpoint", (t) => {
  const target = {
    system: "shop",
    namespace: "shop-test",
    workloads: [],
    dataStores: [],
    objectives: {},
    endpoints: [
      { name: "Web", host: "shop.example.com", tls: true, service: "web", port: 8080, health: "/health" },
      { name: "Stock list", service: "stock", port: 8081, health: "/ready" },
    ],
  };
  t.deepEqual(
    nextSteps([target], "prod", "/p/kubeconfig", true).slice(0, 3),
    [
      "shop (namespace shop-test)",
      "  Web         https://shop.example.com/health",
      "  Stock list  kubectl port-forward -n shop-test svc/stock 8081:8081, then http://localhost:8081/ready",
    ],
    "where the ingress controller answers on this machine",
  );
  t.deepEqual(
    nextSteps(
      [target, { ...target, system: "till", namespace: "till", endpoints: [] }],
      "prod",
      "/p/kubeconfig",
      false,
    ),
    [
      "shop (namespace shop-test)",
      "  Web         kubectl port-forward -n shop-test svc/web 8080:8080, then http://localhost:8080/health; with an ingress controller https://shop.example.com",
      "  Stock list  kubectl port-forward -n shop-test svc/stock 8081:8081, then http://localhost:8081/ready",
      "till (namespace till)",
      "next:",
      "  export KUBECONFIG=/p/kubeconfig",
      "  kubectl get pods -n shop-test     also till",
      "  npm test                         check what needs no platform; npm run test:platform checks the rest",
      "  npm run preview -- --stack prod  see whether a change passes the policies",
      "  npm run down -- --stack prod     take it down; volumes, passwords and backups stay",
    ],
  );
});

test("an update of the dev stack without a change, its verification and the next steps are fewer than 45 lines, so that the whole command stays below 60", async (t) => {
  const { objects, targets } = listedOf(await stackVariant("dev"));
  const components: Record<string, string> = {
    data: "BgcPlatform",
    platform: "PlatformService",
    edi: "BotsEdi",
    "api-gateway": "ResilientApiGateway",
    "techbra-test": "TechbraEcommerce",
  };
  const urns = objects.map(({ kind, metadata }) =>
    urn(
      components[metadata.namespace ?? metadata.name]!,
      `kubernetes:v1:${kind}`,
      `${metadata.namespace}/${metadata.name}`,
    ),
  );
  const planned = [
    event.begins(),
    ...urns.map((each) => event.starts(each, "same")),
    event.sums({ same: urns.length }),
  ];
  const updated = [
    event.begins(),
    ...urns.flatMap((each) => [event.starts(each, "same"), event.ends(each, "same")]),
    event.sums({ same: urns.length }),
  ];
  const progress = updateProgress();
  const lines = [
    ...[...at(0, ...planned), ...at(20, ...updated)].flatMap((each) => progress.see(each)),
    ...targets.flatMap(
      ({ system }) => verificationLines({ system, checks: [check("workload", "Deployment api")], unchecked: [] }).lines,
    ),
    ...nextSteps(targets, "dev", "/p/kubeconfig", false),
  ];
  t.deepEqual(lines.slice(0, 3), [
    "looks at what is to change",
    `planned: ${urns.length} unchanged (0 s)`,
    "brings the changes",
  ]);
  t.deepEqual(
    lines.slice(3, 8).sort(),
    targets
      .map(
        ({ system, namespace }) =>
          `${system}: nothing to change, ${urns.filter((each) => each.includes(`:${components[namespace]}$`)).length} objects`,
      )
      .sort(),
  );
  t.log(`${lines.length} lines`);
  t.true(lines.length < 45, lines.join("\n"));
});
