import test from "ava";
import { parse } from "yaml";
import { programPath } from "../../../cluster/build.ts";
import { configuration, controlPlaneProcesses } from "../../../cluster/local/control-plane.ts";
import { clusterPrograms, simulator } from "../../../cluster/pins.ts";

interface Patch {
  readonly name: string;
  readonly extraArgs: readonly { readonly key: string; readonly value: string }[];
}

const described = (node: "real" | "simulated") =>
  parse(configuration("/bin", node)) as {
    options: { disable?: readonly string[]; kwokControllerBinary?: string };
    componentsPatches: readonly Patch[];
  };

const bindAddress = (node: "real" | "simulated"): string | undefined => {
  const { componentsPatches } = described(node);
  return componentsPatches
    .find(({ name }) => name === "kube-apiserver")
    ?.extraArgs.find(({ key }) => key === "bind-address")?.value;
};

test("the API server of a simulated node listens on loopback, where all its clients are", (t) => {
  t.is(bindAddress("simulated"), "127.0.0.1");
});

test("the API server of a real node listens on all addresses, because its pods come to the node's", (t) => {
  t.is(bindAddress("real"), "0.0.0.0");
});

test("what plays a node is built and started for a simulated node alone", (t) => {
  t.false(clusterPrograms.some(({ name }) => name === simulator.name));
  const [real, simulated] = [described("real"), described("simulated")];
  t.deepEqual([real.options.disable, real.options.kwokControllerBinary], [["kwok-controller"], undefined]);
  t.deepEqual([simulated.options.disable, simulated.options.kwokControllerBinary], [undefined, programPath(simulator)]);
  t.deepEqual(
    [real, simulated].map(({ componentsPatches }) => componentsPatches.some(({ name }) => name === "kwok-controller")),
    [false, true],
  );
  t.deepEqual(controlPlaneProcesses("real"), ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"]);
  t.deepEqual(controlPlaneProcesses("simulated"), [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok-controller",
  ]);
});
