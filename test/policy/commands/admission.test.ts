import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { loadAll } from "js-yaml";
import { stringify } from "yaml";
import { admissionCommand } from "../../../scripts/support/admission-command.ts";
import { said } from "../../support/terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "admission-"));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** A kubeconfig with one context, whose server nobody answers for. */
const kubeconfig = join(folder, "kubeconfig");
writeFileSync(
  kubeconfig,
  stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "nobody",
    clusters: [{ name: "nobody", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "nobody", user: {} }],
    contexts: [{ name: "nobody", context: { cluster: "nobody", user: "nobody" } }],
  }),
);

const admission = (...args: string[]) => said(admissionCommand, args, { base: folder, kubeconfig });
const documents = (text: string) =>
  loadAll(text).map(
    (document) => document as { kind: string; metadata: { name: string }; spec: { validationActions: string[] } },
  );

test("render writes every policy before its bindings, and tells the rest where a pipe does not see it", async (t) => {
  const { stdout, stderr } = await admission("render", "--mode", "audit");
  const objects = documents(stdout);
  const [, guarded, bindings] =
    /^(\d+) of \d+ rules as admission policies, (\d+) bindings, 0 of which refuse$/m.exec(stderr) ?? [];
  t.is(objects.filter(({ kind }) => kind === "ValidatingAdmissionPolicy").length, Number(guarded));
  const audits = objects.filter(({ kind }) => kind === "ValidatingAdmissionPolicyBinding");
  t.is(audits.length, Number(bindings));
  for (const { metadata, spec } of audits) t.deepEqual(spec.validationActions, ["Audit"], metadata.name);
  t.regex(stderr, /^ {2}not at admission: X07-backup: \w+/m);
});

test("render writes one file a rule into a folder, and never among somebody's own files", async (t) => {
  t.is((await admission("render", "--out", "rendered")).code, 0);
  t.deepEqual(
    documents(readFileSync(join(folder, "rendered/production-platform-x01-privileged.yaml"), "utf8")).map(
      ({ kind, metadata }) => `${kind}/${metadata.name}`,
    ),
    [
      "ValidatingAdmissionPolicy/production-platform-x01-privileged",
      "ValidatingAdmissionPolicyBinding/production-platform-x01-privileged",
    ],
  );
  t.is((await admission("render", "--out", "rendered")).code, 0, "again, into the folder that it wrote");
  const foreign = await admission("render", "--out", ".");
  t.is(foreign.code, 2);
  t.regex(foreign.stderr, /holds files that this command did not write: name an empty or new folder/);
});

test("wrong usage ends with 2 and says what would be right", async (t) => {
  for (const [args, says] of [
    [["render", "--mode", "refuse"], /Allowed choices are deny, warn, audit/],
    [["render", "--namespace-selector", "team"], /It must be a label as key=value/],
    [["apply", "--context", "elsewhere"], /there is no context "elsewhere"; the kubeconfigs have: .*nobody/],
    [["remove", "--context", "elsewhere"], /there is no context "elsewhere"/],
  ] as const) {
    const { code, stderr } = await admission(...args);
    t.is(code, 2, args.join(" "));
    t.regex(stderr, says);
  }
});

test("a cluster that does not answer ends with 3 and is named", async (t) => {
  for (const verb of ["apply", "remove"]) {
    const { code, stderr } = await admission(verb, "--context", "nobody");
    t.is(code, 3, verb);
    t.regex(
      stderr,
      /the API server of context "nobody" \(https:\/\/127\.0\.0\.1:1\) does not answer: .*Start it, or name another with --context/,
    );
  }
});
