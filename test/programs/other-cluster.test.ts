import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import { files } from "../../cluster/local/settings.ts";
import { otherLocalClusters } from "../../cluster/local/teardown.ts";

test("a node that runs for a local cluster in another folder is seen, and one's own is not taken for another", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "kubelet-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const kubelet = join(folder, "kubelet");
  symlinkSync(process.execPath, kubelet);
  const runningFor = async <T>(root: string, look: () => T): Promise<T> => {
    const node = spawn(
      kubelet,
      ["-e", "console.log('up'); setInterval(() => {}, 1000)", "--", "--root-dir", root, "--node-ip", "10.88.0.1"],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    await new Promise((resolve) => node.stdout.once("data", resolve));
    try {
      return look();
    } finally {
      node.kill("SIGKILL");
      await new Promise((resolve) => node.once("close", resolve));
    }
  };
  // A third one may run on this machine all the time.
  const seen = (root: string) =>
    runningFor(root, () => otherLocalClusters().filter((other) => other === dirname(root)));
  t.deepEqual(await seen(join(folder, "cluster/kubelet")), [join(folder, "cluster")]);
  t.deepEqual(await seen(files.kubelet), []);
});
