import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import test from "ava";
import { parseDocument } from "yaml";
import { programPath } from "../../cluster/build.ts";
import { pulumiPrograms } from "../../cluster/pins.ts";
import { checkout } from "../../scripts/support/checkout.ts";

const stackFiles = ["Pulumi.dev.yaml", "Pulumi.prod.yaml"];
const textOf = (file: string) => readFileSync(join(checkout, file), "utf8");

/**
 * A Pulumi that is here already: one on PATH or a built one. A fresh clone has none, and building one takes minutes.
 */
const cli = [
  ...(process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "pulumi")),
  ...pulumiPrograms.filter(({ name }) => name === "pulumi").map(programPath),
].find((file) => existsSync(file));

for (const file of stackFiles) {
  test(`${file} is written as Pulumi's CLI writes it: no spaces within braces, and no long line folded`, (t) => {
    const written = parseDocument(textOf(file)).toString({ flowCollectionPadding: false, lineWidth: 0 });
    t.deepEqual(written.split("\n"), textOf(file).split("\n"));
  });
}

if (cli !== undefined) {
  for (const file of stackFiles) {
    test(`with the Pulumi of this machine, "pulumi config set" of a new key adds one line to ${file} and changes no other`, (t) => {
      const folder = mkdtempSync(join(tmpdir(), "stack-file-"));
      t.teardown(() => rmSync(folder, { recursive: true }));
      for (const name of ["Pulumi.yaml", file]) copyFileSync(join(checkout, name), join(folder, name));
      mkdirSync(join(folder, "backend"));
      const env = {
        ...process.env,
        PATH: `${dirname(cli)}${delimiter}${process.env["PATH"]}`,
        PULUMI_BACKEND_URL: `file://${folder}/backend`,
        PULUMI_HOME: join(folder, "home"),
        PULUMI_CONFIG_PASSPHRASE: "of a test",
        PULUMI_SKIP_UPDATE_CHECK: "true",
      };
      const stack = file.split(".")[1]!;
      for (const args of [
        ["stack", "init", stack],
        ["config", "set", "storageClass", "fast", "--stack", stack],
      ]) {
        const { status, stderr } = spawnSync(cli, [...args, "--non-interactive"], {
          cwd: folder,
          env,
          encoding: "utf8",
        });
        t.is(status, 0, stderr);
      }
      const salt = /^encryptionsalt: v1:\S+$/;
      t.deepEqual(
        readFileSync(join(folder, file), "utf8")
          .split("\n")
          .filter((line) => !salt.test(line)),
        [...textOf(file).trimEnd().split("\n"), "  production-platform:storageClass: fast", ""],
      );
    });
  }
}
