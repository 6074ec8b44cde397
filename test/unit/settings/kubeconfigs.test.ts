import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { stringify } from "yaml";
import { contextNames, kubeconfigFiles, onlyContext, readKubeconfig, serverOf } from "../../../settings/kubeconfigs.ts";

/** Files in a folder that goes with the test. */
function files(t: ExecutionContext, contents: Record<string, unknown>) {
  const folder = mkdtempSync(join(tmpdir(), "kubeconfigs-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(contents)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), typeof content === "string" ? content : stringify(content));
  }
  return { folder, paths: Object.keys(contents).map((name) => join(folder, name)) };
}

const context = (name: string, cluster = name, user = name) => ({ name, context: { cluster, user } });
const cluster = (name: string, fields: object = {}) => ({
  name,
  cluster: { server: `https://${name}.example.com`, ...fields },
});

test("of several kubeconfigs all contexts count, the first of one name, and the first current one", (t) => {
  const { folder, paths } = files(t, {
    one: { contexts: [context("a")], clusters: [cluster("a")] },
    two: {
      "current-context": "b",
      contexts: [context("b", "b", "shared"), context("a", "elsewhere")],
      clusters: [cluster("b"), cluster("elsewhere")],
    },
    three: { "current-context": "a", users: [{ name: "shared", user: { token: "t" } }] },
  });
  const all = readKubeconfig([...paths, join(folder, "missing")]);
  t.deepEqual([contextNames(all), all["current-context"], all.files], [["a", "b"], "b", paths]);
  t.is(serverOf(onlyContext(all, "a")!), "https://a.example.com");
  t.deepEqual(onlyContext(all, "b"), {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "b",
    contexts: [context("b", "b", "shared")],
    clusters: [cluster("b")],
    users: [{ name: "shared", user: { token: "t" } }],
  });
});

test("a kubeconfig of one context has nobody else's credentials, and its relative paths lead where they led", (t) => {
  const { folder, paths } = files(t, {
    "deep/config": {
      contexts: [context("a"), context("other")],
      clusters: [cluster("a", { "certificate-authority": "ca.crt", "tls-server-name": "api" }), cluster("other")],
      users: [
        {
          name: "a",
          user: {
            "client-certificate": "../a.crt",
            "client-key": "/keys/a.key",
            tokenFile: "token",
            exec: { command: "./login", args: ["x"] },
          },
        },
        { name: "other", user: { token: "secret-of-somebody-else" } },
      ],
    },
  });
  const only = onlyContext(readKubeconfig(paths), "a")!;
  t.false(JSON.stringify(only).includes("somebody-else"));
  t.deepEqual(only["clusters"], [
    cluster("a", { "certificate-authority": join(folder, "deep/ca.crt"), "tls-server-name": "api" }),
  ]);
  t.deepEqual(only["users"], [
    {
      name: "a",
      user: {
        "client-certificate": join(folder, "a.crt"),
        "client-key": "/keys/a.key",
        tokenFile: join(folder, "deep/token"),
        exec: { command: join(folder, "deep/login"), args: ["x"] },
      },
    },
  ]);
});

test("a context that is not there or leads to no cluster gives nothing, and a file that is no kubeconfig is named", (t) => {
  const {
    paths: [good, bad],
  } = files(t, { good: { contexts: [context("a", "nowhere")] }, bad: "a: [" });
  t.is(onlyContext(readKubeconfig([good!]), "a"), undefined);
  t.is(onlyContext(readKubeconfig([good!]), "b"), undefined);
  t.throws(() => readKubeconfig([bad!]), { message: new RegExp(`^the kubeconfig ${bad} cannot be used: `) });
});

test("KUBECONFIG names files, and an empty one is none", (t) => {
  t.deepEqual(kubeconfigFiles("/a:/b:"), ["/a", "/b"]);
  t.regex(kubeconfigFiles("")[0]!, /\/\.kube\/config$/);
});
