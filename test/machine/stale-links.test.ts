import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { systemEnvironment } from "../../cluster/shell.ts";

/** Two pods' links in a network of their own: the route of each leads to its host's end. */
const network = `
ip link set lo up
for pod in 2 3; do
  ip link add veth$pod type veth peer name eth$pod
  ip link set veth$pod up
  ip route add 10.88.1.$pod dev veth$pod
done
"$NODE" --input-type=module -e 'import { podLinks, removeStaleLinks } from "./cluster/local/links.ts"; await removeStaleLinks(); console.log(JSON.stringify(await podLinks()))'
`;

test("links that a killed cluster's pods left are removed, and those of pods that this cluster gave an address stay", (t) => {
  const state = mkdtempSync(join(tmpdir(), "links-"));
  t.teardown(() => rmSync(state, { recursive: true }));
  const left = () =>
    JSON.parse(
      execFileSync("unshare", ["--net", "--map-root-user", "bash", "-ec", network], {
        encoding: "utf8",
        env: systemEnvironment({ PLATFORM_STATE: state, NODE: process.execPath }),
      }).trim(),
    );
  t.deepEqual(left(), []);
  const given = join(state, "cluster/cni/data/platform");
  mkdirSync(given, { recursive: true });
  writeFileSync(join(given, "10.88.1.3"), "the pod's sandbox");
  writeFileSync(join(given, "last_reserved_ip.0"), "10.88.1.3");
  t.deepEqual(left(), [{ link: "veth3", address: "10.88.1.3" }]);
});
