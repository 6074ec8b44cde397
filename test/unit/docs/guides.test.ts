import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "ava";
import { systemNames, systems } from "../../../components/systems/index.ts";
import { checkout } from "../../../scripts/support/checkout.ts";
import { readCoverage } from "../../../scripts/support/coverage.ts";

const read = (path: string) => readFileSync(join(checkout, path), "utf8");
const guides = ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/glossary.md"];

for (const guide of guides) {
  test(`${guide} names and links files that are there`, (t) => {
    const text = read(guide);
    const named = [
      ...text.matchAll(
        /`((?:components|policies|scripts|cluster|operations|workloads|test|settings|docs)\/[\w./-]+)`/g,
      ),
    ].map(([, path]) => path!);
    const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => join(dirname(guide), path!));
    t.true(linked.length > 0);
    t.deepEqual(
      [...named, ...linked].filter((path) => !existsSync(join(checkout, path))),
      [],
    );
  });
}

test("the glossary lists the rows and the namespace of each runbook", (t) => {
  const rows = [
    ...read("docs/glossary.md").matchAll(/^\| ([A-Z]) \| .* \| (?:`([\w-]+)`|every one) \| \1(\d+) to \1(\d+) \|$/gm),
  ].map(([, letter, namespace, first, last]) => [letter, namespace, first, last]);
  t.deepEqual(
    rows,
    readCoverage(checkout).map(({ letter, namespace, rows: all }) => [
      letter,
      namespace,
      "01",
      all.at(-1)!.id.slice(1),
    ]),
  );
  const withRows = systemNames.filter((name) => existsSync(join(checkout, `docs/coverage/${name}.yaml`)));
  t.deepEqual(
    rows.flatMap(([, namespace]) => namespace ?? []),
    withRows.map((name) => systems[name].namespace),
  );
});
