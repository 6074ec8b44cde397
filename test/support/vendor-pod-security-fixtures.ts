import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";

/*
 * Writes test/policy/fixtures/pod-security-standard.json: the pods by which Kubernetes tests its own Pod Security admission, as an object of
 * level, verdict, file name and manifest. They are a part of Kubernetes (Copyright The Kubernetes Authors, Apache License 2.0), taken unchanged
 * from the folder test/testdata of the module below, newest version of the standard. Needs Go: node test/support/vendor-pod-security-fixtures.ts
 */
const module = "k8s.io/pod-security-admission@v0.35.4";

const levels = ["baseline", "restricted"] as const;
const verdicts = ["pass", "fail"] as const;

const { Dir } = JSON.parse(execFileSync("go", ["-C", tmpdir(), "mod", "download", "-json", module], { encoding: "utf8" })) as { Dir: string };

const lines = levels.map((level) => {
  const folder = join(Dir, "test/testdata", level);
  const newest = readdirSync(folder).sort((a, b) => minor(a) - minor(b)).at(-1) ?? "";
  const sets = verdicts.map((verdict) => {
    const files = readdirSync(join(folder, newest, verdict)).sort();
    const manifests = files.map((file) => `      ${JSON.stringify(file)}: ${JSON.stringify(parse(readFileSync(join(folder, newest, verdict, file), "utf8")))}`);
    console.log(`${level} ${newest} ${verdict}: ${files.length} pods`);
    return `    "${verdict}": {\n${manifests.join(",\n")}\n    }`;
  });
  return `  "${level}": {\n${sets.join(",\n")}\n  }`;
});
writeFileSync(join(import.meta.dirname, "../policy/fixtures/pod-security-standard.json"), `{\n${lines.join(",\n")}\n}\n`);

/** `v1.35` as 35. */
function minor(version: string): number {
  return Number(version.split(".")[1]);
}
