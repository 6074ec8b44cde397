import { InvalidArgumentError } from "commander";
import { npmCommand } from "./support/command.ts";

const program = npmCommand("bench").addHelpText(
  "after",
  "\nExit codes: 0 measured, 1 failed, 2 wrong usage, 130 interrupted.\nExamples: npm run bench -- --runs 5 --write\n          npm run bench -- backup --size 6GiB --fixture 500MB --write",
);

program
  .command("updates", { isDefault: true })
  .description(
    "Measure previews and an update without a change against kubectl diff of the same objects, and the policies against another scanner, in one run. Changes nothing.",
  )
  .option("--runs <n>", "how often each is measured", wholeNumber, 3)
  .option("--skip-cluster", "leave out what needs the running platform")
  .option("--write", "keep the result in docs/benchmarks.md")
  .action(
    async ({ runs, skipCluster = false, write = false }: { runs: number; skipCluster?: boolean; write?: boolean }) => {
      const { measureUpdates } = await import("./support/update-benchmark.ts");
      await measureUpdates({ runs, skipCluster, write });
    },
  );

program
  .command("backup")
  .description(
    "Fill a Postgres and an EDI database in namespaces of their own on the running platform, back them up as the stack does, restore, and measure memory, scratch and time. Removes both namespaces again.",
  )
  .option("--size <size>", "data of the Postgres, such as 6GiB; 0 leaves it out", bytesOf, bytesOf("6GiB"))
  .option("--fixture <size>", "fixture of EDI, such as 500MB; 0 leaves it out", bytesOf, 0)
  .option("--write", "keep the result in docs/benchmarks.md")
  .action(async ({ size, fixture, write = false }: { size: number; fixture: number; write?: boolean }) => {
    const { measureBackups } = await import("./support/backup-benchmark.ts");
    await measureBackups({ size, fixture, write });
  });

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = /^interrupted/.test(String(error instanceof Error ? error.message : error)) ? 130 : 1;
}

function wholeNumber(value: string): number {
  if (!/^[1-9]\d*$/.test(value)) throw new InvalidArgumentError("Give a whole number from 1 on.");
  return Number(value);
}

function bytesOf(value: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(MB|MiB|GB|GiB|)$/.exec(value) ?? [];
  if (amount === undefined || (unit === "" && Number(amount) !== 0))
    throw new InvalidArgumentError('Give an amount such as "6GiB" or "500MB".');
  return (
    Number(amount) * { MB: 1e6, MiB: 2 ** 20, GB: 1e9, GiB: 2 ** 30, "": 0 }[unit as "MB" | "MiB" | "GB" | "GiB" | ""]
  );
}
