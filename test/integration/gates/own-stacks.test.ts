import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { purpose } from "../../../components/workload/labels.ts";
import { kubectl, withManifest } from "../../support/cluster.ts";
import { moved } from "../support/moved.ts";
import { rendered } from "../support/rendered.ts";
import { admission, makeNamespaces, namespaces, tidyUp } from "./support/gate.ts";

const folder = mkdtempSync(join(tmpdir(), "own-stacks-"));
/** Groups that every API server has; those of operators have a domain of their own. */
const builtIn = /^(v1|apps|batch|autoscaling|policy|[a-z.]+\.k8s\.io)\b/;

// Policies look at the namespace that is there, which takes the place of all of a stack's; the dev stack's are for
// development.
test.before(() => makeNamespaces({ [purpose]: "development" }));
test.after.always(async () => {
  await tidyUp();
  rmSync(folder, { recursive: true, force: true });
});

for (const stack of ["dev", "prod"]) {
  test.serial(
    `every object of stack ${stack} passes the API server under the policies, without a warning`,
    async (t) => {
      const { code, stdout, stderr } = await admission(
        "apply",
        "--stack",
        stack,
        "--context",
        await kubectl("config", "current-context"),
      );
      t.is(code, 0, stdout + stderr);
      const objects = await rendered(stack, join(folder, stack), new Map());
      const own = objects
        .filter(({ kind }) => kind === "Namespace")
        .map(({ metadata }) => [metadata.name, namespaces.guarded] as const);
      const items = objects
        .filter(({ apiVersion }) => builtIn.test(apiVersion))
        .map((object) => moved(object, new Map(own)));
      const answer = await withManifest(
        { apiVersion: "v1", kind: "List", items },
        "apply",
        "--server-side",
        "--field-manager=gates-test",
        "--force-conflicts",
        "--dry-run=server",
        "--output=name",
      );
      t.is(answer.code, 0, answer.stderr);
      t.is(answer.stderr, "");
      t.is(answer.stdout.trim().split("\n").length, items.length);
      t.log(
        `${items.length} objects; ${objects.length - items.length} of kinds that operators bring are not asked for`,
      );
    },
  );
}
