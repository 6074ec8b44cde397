import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { ForeignFolder, refuseForeign, writeGenerated } from "../../../scripts/support/generated-folder.ts";

const base = mkdtempSync(join(tmpdir(), "generated-"));
test.after.always(() => rmSync(base, { recursive: true, force: true }));

test("a folder is made, and made again without the files of an earlier run", (t) => {
  const folder = join(base, "rendered");
  writeGenerated(
    folder,
    ".made",
    new Map([
      ["a.yaml", "a: 1\n"],
      ["b.yaml", "b: 1\n"],
    ]),
  );
  t.deepEqual(readdirSync(folder).sort(), [".made", "a.yaml", "b.yaml"]);
  writeGenerated(
    folder,
    ".made",
    new Map([
      ["a.yaml", "a: 2\n"],
      [".made", "dev\n"],
    ]),
  );
  t.deepEqual(readdirSync(folder).sort(), [".made", "a.yaml"]);
  t.deepEqual(
    [readFileSync(join(folder, "a.yaml"), "utf8"), readFileSync(join(folder, ".made"), "utf8")],
    ["a: 2\n", "dev\n"],
  );
  t.deepEqual(readdirSync(base), ["rendered"]);
});

test("files of somebody else, or of another command, are refused and stay; an empty folder is taken", (t) => {
  const folder = join(base, "foreign");
  mkdirSync(folder);
  t.notThrows(() => refuseForeign(folder, ".made"));
  writeFileSync(join(folder, "notes.txt"), "mine");
  const refused = {
    instanceOf: ForeignFolder,
    message: `${folder} holds files that this command did not write: name an empty or new folder`,
  };
  t.throws(() => refuseForeign(folder, ".made"), refused);
  t.throws(() => writeGenerated(folder, ".made", new Map([["a.yaml", ""]])), refused);
  t.deepEqual(readdirSync(folder), ["notes.txt"]);
  rmSync(folder, { recursive: true });
});
