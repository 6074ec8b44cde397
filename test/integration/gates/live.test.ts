import test from "ava";
import { checkCommand } from "../../../scripts/support/check-command.ts";
import { kubectl, withManifest } from "../../support/cluster.ts";
import { said } from "../../support/terminal.ts";

/** `npm run check -- --live` on the cluster that the tests run on. */
async function live(...args: string[]): Promise<{ code: number; out: string }> {
  const { code, stdout, stderr } = await said(checkCommand, ["--live", "--profile", "strict", ...args], {
    base: process.cwd(),
    kubeconfig: process.env["KUBECONFIG"],
  });
  return { code, out: stdout + stderr };
}

for (const namespace of ["data", "platform", "edi", "api-gateway", "techbra-test"]) {
  test.serial(`what runs in namespace ${namespace} passes every rule, and no verdict is open`, async (t) => {
    const { code, out } = await live("--namespace", namespace);
    t.is(code, 0, out);
    const [, objects] =
      /^check passes: profile strict, (\d+) objects, \d+ evaluations, 0 blocking, \d+ advisory, 0 not evaluated/m.exec(
        out,
      ) ?? [];
    t.true(Number(objects) > 20, out);
    t.log(`${objects} objects`);
  });
}

test.serial(
  "what was brought past the gates is found, with its context, and a context that does not exist is named",
  async (t) => {
    const name = `live-${process.pid}`;
    t.teardown(() => kubectl("delete", "namespace", name, "--wait=false"));
    await kubectl("create", "namespace", name);
    const { code: made, stderr } = await withManifest(
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "open", namespace: name },
        spec: { type: "NodePort", selector: { app: "nothing" }, ports: [{ port: 80 }] },
      },
      "apply",
    );
    t.is(made, 0, stderr);
    const { code, out } = await live("--namespace", name);
    t.is(code, 1);
    t.regex(out, new RegExp(`^context ${await kubectl("config", "current-context")} `, "m"));
    t.regex(
      out,
      new RegExp(
        `Namespace ${name}: pod-security\\.kubernetes\\.io/enforce is missing, must be restricted \\[X01-namespace-pod-security\\]`,
      ),
    );
    t.regex(out, new RegExp(`Service ${name}/open: .* \\[X05-service-exposed\\]`));
    t.is((await live("--context", "nowhere")).code, 2);
  },
);
