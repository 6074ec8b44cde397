import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { go, newestRelease, podSecurityModule } from "./pod-security-module.ts";

/*
 * Writes test/policy/fixtures/pod-security-standard.json: the pods by which Kubernetes tests its own Pod Security admission, as an object of
 * level, verdict, file name and manifest. They are a part of Kubernetes (Copyright The Kubernetes Authors, Apache
 * License 2.0), taken unchanged
 * from the folder test/testdata of the newest release of the module below, newest version of the standard. Writes as
 * well the lists that the rules hold,
 * from the module's source: policies/rules/pod-security/lists.ts. Needs Go: node
 * test/support/vendor-pod-security-fixtures.ts
 */
const version = newestRelease();

const levels = ["baseline", "restricted"] as const;
const verdicts = ["pass", "fail"] as const;

const { Dir } = JSON.parse(go("mod", "download", "-json", `${podSecurityModule}@${version}`)) as { Dir: string };

const lines = levels.map((level) => {
  const folder = join(Dir, "test/testdata", level);
  const newest =
    readdirSync(folder)
      .sort((a, b) => minor(a) - minor(b))
      .at(-1) ?? "";
  const sets = verdicts.map((verdict) => {
    const files = readdirSync(join(folder, newest, verdict)).sort();
    const manifests = files.map(
      (file) =>
        `      ${JSON.stringify(file)}: ${JSON.stringify(parse(readFileSync(join(folder, newest, verdict, file), "utf8")))}`,
    );
    console.log(`${level} ${newest} ${verdict}: ${files.length} pods`);
    return `    "${verdict}": {\n${manifests.join(",\n")}\n    }`;
  });
  return `  "${level}": {\n${sets.join(",\n")}\n  }`;
});
writeFileSync(
  join(import.meta.dirname, "../policy/fixtures/pod-security-standard.json"),
  `{\n${lines.join(",\n")}\n}\n`,
);

const source = (check: string) => readFileSync(join(Dir, `policy/check_${check}.go`), "utf8");
const sets = (check: string) =>
  [...source(check).matchAll(/sets\.New(?:String)?\(([^)]*)\)/g)].map(([, items]) =>
    [...items!.matchAll(/"([^"]*)"/g)].map(([, item]) => item!),
  );

const lists = [
  ["safeSysctls", "Kernel settings that are the pod's alone, and touch no other.", sets("sysctls").flat().sort()],
  ["defaultCapabilities", "Capabilities that a container has anyway.", sets("capabilities_baseline").flat().sort()],
  ["selinuxTypes", "Types of SELinux that confine a container.", sets("seLinuxOptions").at(-2) ?? []],
] as const;
const text = lists.map(([name, meaning, items]) => {
  if (items.length < 3)
    throw new Error(
      `${podSecurityModule}@${version} holds no ${name} where they were: fit test/support/vendor-pod-security-fixtures.ts to it`,
    );
  return `\n/** ${meaning} */\nexport const ${name}: readonly string[] = [\n${items.map((item) => `  ${JSON.stringify(item)},\n`).join("")}];\n`;
});
writeFileSync(
  join(import.meta.dirname, "../../policies/rules/pod-security/lists.ts"),
  [
    `/* Written by test/support/vendor-pod-security-fixtures.ts from ${podSecurityModule}. */\n`,
    `\n/** The module's release that these lists, and the fixtures of its tests, are of. */\nexport const podSecurityRelease = "${version}";\n`,
    ...text,
  ].join(""),
);

/** `v1.35` as 35. */
function minor(version: string): number {
  return Number(version.split(".")[1]);
}
