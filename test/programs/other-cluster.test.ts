import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { files } from "../../cluster/local/settings.ts";
import { otherLocalCluster } from "../../cluster/local/teardown.ts";

test("a node that runs for a local cluster in another folder is seen, and one's own is not taken for another", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "kubelet-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const kubelet = join(folder, "kubelet");
  symlinkSync(process.execPath, kubelet);
  const runningFor = async <T>(root: string, look: () => T): Promise<T> => {
    const node = spawn(kubelet, ["-e", "console.log('up'); setInterval(() => {}, 1000)", "--", "--root-dir", root, "--node-ip", "10.88.0.1"], { stdio: ["ignore", "pipe", "ignore"] });
    await new Promise((resolve) => node.stdout.once("data", resolve));
    try {
      return look();
    } finally {
      node.kill("SIGKILL");
      await new Promise((resolve) => node.once("close", resolve));
    }
  };
  t.is(await runningFor(join(folder, "cluster/kubelet"), otherLocalCluster), join(folder, "cluster"));
  t.is(await runningFor(files.kubelet, otherLocalCluster), undefined);
});
