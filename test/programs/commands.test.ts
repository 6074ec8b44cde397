import { execFile, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { loadAll } from "js-yaml";
import { systemNames } from "../../components/systems/index.ts";
import { checkout } from "../../scripts/support/checkout.ts";
import { privilegedPod } from "../policy/gates/check/checking.ts";
import { copyCheckout, type Edits } from "../support/checkout-copy.ts";
import { namespacesOf } from "../support/listed-systems.ts";

test("check reads standard input and files from where npm was called, and what another program reads stays alone on standard output", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "check-process-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "good.yaml"), privilegedPod("good").replace("true", "false"));
  const child = spawn(
    process.execPath,
    [join(checkout, "scripts/check.ts"), "-", "good.yaml", "--rules", "X01-privileged", "--format", "json"],
    { env: { ...process.env, INIT_CWD: folder } },
  );
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => (output[name] += text));
  child.stdin.end(privilegedPod("piped"));
  t.is(await new Promise((resolve) => child.on("close", resolve)), 1);
  t.like(JSON.parse(output.stdout), { findings: [{ file: "stdin", line: 9, object: { ref: "Pod data/piped" } }] });
  t.regex(output.stderr, /^check BLOCKED by 1 finding: profile strict, 2 objects/);
});

test("admission render writes all of its manifests through a pipe, and says the rest where a pipe does not see it", async (t) => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [join(checkout, "scripts/admission.ts"), "render", "--mode", "audit"],
    { maxBuffer: 64 * 2 ** 20 },
  );
  const [, guarded, bindings] =
    /^(\d+) of \d+ rules as admission policies, (\d+) bindings, 0 of which refuse$/m.exec(stderr) ?? [];
  const kinds = Object.groupBy(
    loadAll(stdout).map((document) => (document as { kind: string }).kind),
    (kind) => kind,
  );
  t.deepEqual(
    Object.entries(kinds).map(([kind, all]) => [kind, all!.length]),
    [
      ["ValidatingAdmissionPolicy", Number(guarded)],
      ["ValidatingAdmissionPolicyBinding", Number(bindings)],
    ],
  );
});

/** Renders a stack of a changed copy of the project, and leaves out what it says of a stack that is sound. */
function rendered(stack: string, edits: Edits) {
  const copy = copyCheckout(edits);
  try {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(copy, "scripts/render.ts"), "--stack", stack, "--out", join(copy, "rendered")],
      { encoding: "utf8" },
    );
    return {
      status,
      written: existsSync(join(copy, "rendered")),
      says: `${stdout}${stderr}`
        .replaceAll(copy, "COPY")
        .replace(/^(info|warning): .*\n/gm, "")
        .trimEnd(),
    };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

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

test("render refuses a system whose name is misspelt, with the nearest name and the list, and writes nothing", (t) => {
  t.deepEqual(
    rendered("prod", {
      "Pulumi.prod.yaml": [["production-platform:bgc-platform:", "production-platform:bgc-platfrom:"]],
    }),
    {
      status: 1,
      written: false,
      says: [
        "the stack's configuration has 2 wrong values:",
        "  bgc-platform.applications: no source is set; write one of",
        "    applications: { source: contract-server }",
        "    applications: { source: images, api: ..., integrationGateway: ..., web: ... }",
        '  bgc-platfrom: there is no such setting; the nearest is "bgc-platform"; there are ' +
          [...systemNames, ...ofStack].sort().join(", "),
      ].join("\n"),
    },
  );
});

test("render refuses a policy setting that is misspelt, and an override for what the stack does not have", (t) => {
  const policies = (text: string): Edits => ({
    "Pulumi.dev.yaml": [["config:\n", `config:\n  production-platform:policies: ${text}\n`]],
  });
  t.deepEqual(rendered("dev", policies("{ stric: true }")), {
    status: 1,
    written: false,
    says: 'The policy settings are not valid:\n  stric: there is no such setting; the nearest is "strict"; docs/policies.md has them all',
  });
  t.deepEqual(rendered("dev", policies("{ overrides: [{ namespace: daat, rules: {} }] }")), {
    status: 1,
    written: false,
    says:
      'an override of the policies is for namespace "daat", which the stack does not have; the nearest is "data"; there are ' +
      namespacesOf("dev").sort().join(", "),
  });
});

test("render names the file, line and column of a stack's file that is no YAML, and a part of it that Pulumi does not know", (t) => {
  const broken = rendered("dev", {
    "Pulumi.dev.yaml": [["production-platform:bgc-platform:\n", "production-platform:bgc-platform: {\n"]],
  });
  t.deepEqual(
    { ...broken, says: broken.says.split("\n")[0] },
    {
      status: 1,
      written: false,
      says: "COPY/Pulumi.dev.yaml is not YAML: Missing , between flow map items at line 8, column 5:",
    },
  );
  t.deepEqual(rendered("dev", { "Pulumi.dev.yaml": [["config:\n", "confg:\n"]] }), {
    status: 1,
    written: false,
    says: 'COPY/Pulumi.dev.yaml: there is no "confg" in a stack\'s file; the nearest is "config"; there are config, encryptedkey, encryptionsalt, environment, secretsprovider',
  });
});
