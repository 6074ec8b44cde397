import test from "ava";
import { checkout } from "../../../scripts/support/checkout.ts";
import { command, eventually, kubectl } from "../../support/cluster.ts";

const namespace = "platform";
const replicas = async () =>
  Number(await kubectl("get", "deployment", "platform-service", "-n", namespace, "-o", "jsonpath={.spec.replicas}"));

test.serial(
  "under load the autoscaler adds pods, and an update in that moment resets nothing (P02, X10)",
  async (t) => {
    t.timeout(900_000);
    // Other drills may have been load enough for one more.
    const before = await replicas();
    t.true(before >= 3 && before < 8, `${before} replicas`);
    // The load is work in the pods themselves, so that nothing else on this machine has to be fast.
    const burn =
      "const { existsSync } = require('fs'); const end = Date.now() + 240000; while (Date.now() < end && !existsSync('/tmp/enough')) for (let i = 0; i < 1e7; i++);";
    const pods = (
      await kubectl(
        "get",
        "pods",
        "-n",
        namespace,
        "-l",
        "app=platform-service",
        "-o",
        "jsonpath={.items[*].metadata.name}",
      )
    ).split(" ");
    const loads = pods.map((pod) =>
      command("kubectl", [
        "exec",
        "-n",
        namespace,
        pod,
        "-c",
        "platform-service",
        "--",
        "timeout",
        "240",
        "node",
        "-e",
        burn,
      ]),
    );
    try {
      const grown = await eventually("more pods than before", 240, replicas, (count) => count > before);
      t.true(grown <= 8);
      const { code, stdout, stderr } = await command(process.execPath, [`${checkout}/scripts/run.mjs`, "up"], {
        timeout: 600_000,
      });
      t.is(code, 0, stdout + stderr);
      t.regex(stdout, /^done: \d+ unchanged \(/m);
      t.true((await replicas()) >= grown);
    } finally {
      const inPods = (...words: string[]) =>
        Promise.all(
          pods.map((pod) =>
            command("kubectl", ["exec", "-n", namespace, pod, "-c", "platform-service", "--", ...words]),
          ),
        );
      await inPods("touch", "/tmp/enough");
      await Promise.all(loads);
      await inPods("rm", "-f", "/tmp/enough");
    }
  },
);
