import test from "ava";
import { parse } from "yaml";
import { configuration } from "../../../cluster/local/control-plane.ts";

interface Patch { readonly name: string; readonly extraArgs: readonly { readonly key: string; readonly value: string }[] }

const bindAddress = (node: "real" | "simulated"): string | undefined => {
  const { componentsPatches } = parse(configuration("/bin", node)) as { componentsPatches: readonly Patch[] };
  return componentsPatches.find(({ name }) => name === "kube-apiserver")?.extraArgs.find(({ key }) => key === "bind-address")?.value;
};

test("the API server of a simulated node listens on loopback, where all its clients are", (t) => {
  t.is(bindAddress("simulated"), "127.0.0.1");
});

test("the API server of a real node listens on all addresses, because its pods come to the node's", (t) => {
  t.is(bindAddress("real"), "0.0.0.0");
});
