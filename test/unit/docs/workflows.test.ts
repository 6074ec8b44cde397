import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { parse } from "yaml";
import { checkout } from "../../../scripts/support/checkout.ts";

const read = (path: string) => readFileSync(join(checkout, path), "utf8");
const workflows = readdirSync(join(checkout, ".github/workflows")).map((name) => `.github/workflows/${name}`);
/** The scripts that a text calls: `npm test`, `npm run preview`, `npm run -s check`. */
const called = (text: string) => [...text.matchAll(/npm (?:run )?(?:-s )?([a-z][a-z:]*)\b/g)].map(([, name]) => name!);
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

test("workflows and the example for GitLab call scripts that there are", (t) => {
  const [, example = ""] = /```yaml\n([\s\S]*?)```/.exec(read("docs/ci.md")) ?? [];
  t.deepEqual(Object.keys(parse(example) as object), ["default", "test", "preview"]);
  const names = [...workflows.map(read), example].flatMap(called);
  t.deepEqual([...new Set(names)].sort(), ["check", "preview", "render", "test", "test:platform"]);
  t.deepEqual(
    names.filter((name) => !Object.hasOwn(scripts, name)),
    [],
  );
});
