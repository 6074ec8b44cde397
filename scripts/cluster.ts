import { localClusterStatus } from "../cluster/local/cluster.ts";
import { startIngress } from "../cluster/local/ingress.ts";
import { withClusterLock } from "../cluster/local/lock.ts";
import { contextName, files } from "../cluster/local/settings.ts";
import { leftovers, removeLocalCluster } from "../cluster/local/teardown.ts";
import { chooseCluster } from "../cluster/select.ts";
import { ensureToolchain } from "../cluster/toolchain.ts";
import { foreignOwner } from "./support/cluster-owner.ts";
import { npmCommand } from "./support/command.ts";
import { refuseForeign } from "./support/refusals.ts";

const program = npmCommand("cluster").addHelpText(
  "after",
  "\nExit codes: 0 done, 1 failed or not healthy, 2 wrong usage.\nExamples:\n  npm run cluster -- up\n  npm run cluster -- down --purge",
);

program
  .command("up")
  .description("choose a cluster and make sure that it runs")
  .option("--context <name>", "use this context of your kubeconfig")
  .action(async ({ context }: { context?: string }) => {
    const chosen = await chooseCluster(context ? { context } : {});
    if (chosen.kind === "local")
      await startIngress((await ensureToolchain({ parts: "cluster" })).clusterBin, console.log);
    console.log(
      `\ncontext ${chosen.context} (${chosen.kind})\nnext:\n  export KUBECONFIG=${chosen.kubeconfig}\n  kubectl get nodes`,
    );
  });

program
  .command("down")
  .description("take the local cluster down; its volumes and objects stay")
  .option("--purge", "remove volumes and objects too")
  .option(
    "--owner <checkout>",
    "the folder of the checkout that brought the platform on it up, where that is another one than this",
  )
  .action(async ({ purge = false, owner }: { purge?: boolean; owner?: string }) => {
    const mine = () => {
      const foreign = foreignOwner();
      if (owner === undefined || owner !== foreign) refuseForeign({ ...(foreign !== undefined && { foreign }) });
      if (owner !== undefined && foreign === undefined)
        throw new Error(
          `the local cluster is not that of ${owner}: it is this checkout's, or nobody's. Nothing was changed`,
        );
    };
    mine();
    const { clusterBin } = await ensureToolchain({ parts: "cluster" });
    const left = await withClusterLock(console.log, async () => {
      mine(); // it may have changed hands while the lock was waited for
      return removeLocalCluster(clusterBin, purge, console.log);
    });
    if (left.length > 0) throw new Error(`these could not be removed:\n  ${left.join("\n  ")}`);
    console.log(
      `the local cluster is down, and nothing of it is left running${purge ? "; its data is gone, and the next npm run up begins anew" : `; its data stays in ${files.volumes}`}`,
    );
  });

program
  .command("status")
  .description("say what runs and what does not")
  .option("--json", "as JSON")
  .action(async ({ json = false }: { json?: boolean }) => {
    const { clusterBin } = await ensureToolchain({ parts: "cluster" });
    const status = await localClusterStatus(clusterBin);
    if (json)
      console.log(
        JSON.stringify(
          {
            context: contextName,
            kubeconfig: files.kubeconfig,
            ...status,
            leftovers: status.exists ? [] : await leftovers(),
          },
          null,
          2,
        ),
      );
    else if (!status.exists) console.log("there is no local cluster; next: npm run cluster -- up");
    else
      for (const { part, healthy, detail } of status.parts)
        console.log(`${healthy ? "ok  " : "FAIL"} ${part}: ${detail}`);
    if (!status.healthy) process.exitCode = 1;
  });

program
  .command("toolchain")
  .description("build what the platform needs into the cache, and nothing else")
  .action(async () => {
    const { clusterBin, pulumiBin } = await ensureToolchain({ parts: "all" });
    console.log(`cluster programs: ${clusterBin}\npulumi: ${pulumiBin ?? "your own"}`);
  });

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
