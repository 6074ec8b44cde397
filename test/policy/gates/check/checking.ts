import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { check } from "../../../../policies/gates/check/check.ts";
import type { Checked, CheckOptions } from "../../../../policies/gates/check/check.ts";

/** The day these checks run on. */
export const today = "2026-03-01";

/** Options as the command has them when nobody says anything, but for the profile: these tests are about every rule. */
export const defaults: CheckOptions = {
  inputs: ["."],
  strict: false,
  profile: "strict",
  accept: false,
  maxMebibytes: 64,
};

/** Checks files, which are written into a folder of their own for it. */
export async function checkFiles(
  files: Readonly<Record<string, string | Buffer>>,
  options: Partial<CheckOptions> = {},
  stdin = "",
): Promise<Checked> {
  const base = mkdtempSync(join(tmpdir(), "check-"));
  try {
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(join(base, file)), { recursive: true });
      writeFileSync(join(base, file), content);
    }
    return await check(
      { ...defaults, ...options },
      { base, stdin: Readable.from(stdin === "" ? [] : [Buffer.from(stdin)]), kubeconfig: undefined, today },
    );
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

/** A Pod that X01-privileged blocks; as YAML. */
export const privilegedPod = (name: string): string =>
  [
    "apiVersion: v1",
    "kind: Pod",
    `metadata: { name: ${name}, namespace: data }`,
    "spec:",
    "  containers:",
    "    - name: main",
    "      image: main:v1",
    "      securityContext:",
    "        privileged: true",
    "",
  ].join("\n");

/** Findings as `file:line:column object [rule]`. */
export function places({ report }: Checked): string[] {
  return report.findings.map(
    ({ location, object, rule }) =>
      `${location?.file}:${location?.line}:${location?.column} ${object.ref} [${rule.id}]`,
  );
}

/** Problems as `file:line:column message`. */
export function problems({ report }: Checked): string[] {
  return report.problems.map(
    ({ file, line, column, message }) =>
      `${[file, line, column].filter((part) => part !== undefined).join(":")} ${message}`,
  );
}
