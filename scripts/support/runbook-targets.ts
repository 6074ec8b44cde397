import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { targetsIn } from "../../components/systems/outputs.ts";
import type { Target } from "../../components/systems/target.ts";
import { Refused, UsageError } from "../../operations/runbook/errors.ts";
import { choice } from "../../settings/nearest-name.ts";
import { recordedOutputs } from "./engine-record.ts";
import { stackConfiguration } from "./stack-configuration.ts";

/** Where the systems of a stack are read. */
export interface TargetsFrom {
  readonly stack: string;
  /** A file of outputs instead of the record of this checkout's last update. */
  readonly outputs?: string;
  /** The folder that the file's path starts from. */
  readonly base: string;
  /** Whether all systems are meant where none is named. */
  readonly all: boolean;
}

/**
 * The systems of the stack's last update, or the named one. Throws {@link Refused} where nothing says what they are,
 * and {@link UsageError} with the names.
 */
export function targetsOf(
  system: string | undefined,
  { stack, outputs: file, base, all }: TargetsFrom,
): readonly Target[] {
  let outputs: Readonly<Record<string, unknown>> | undefined;
  if (file !== undefined) outputs = outputsIn(resolve(base, file));
  else {
    stackConfiguration(stack); // names a stack that does not exist
    outputs = recordedOutputs(stack);
  }
  if (outputs === undefined) {
    throw new Refused([
      `stack ${stack} was not brought up from here, so nothing says what its systems are: run "npm run up -- --stack ${stack}"; for a stack of your own Pulumi, ` +
        `write "pulumi stack output --json --stack ${stack}" to a file, and name it with --outputs and the cluster with --context`,
    ]);
  }
  const targets = targetsIn(outputs);
  const names = targets.map((target) => target.system);
  if (system !== undefined && !names.includes(system))
    throw new UsageError(`stack ${stack} has no system "${system}"; ${choice(system, names)}`);
  if (system === undefined && !all) throw new UsageError(`name a system: ${names.join(", ")}`);
  return targets.filter((target) => system === undefined || target.system === system);
}

function outputsIn(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(
      `--outputs ${file} is not what "pulumi stack output --json" writes: ${(error as Error).message}`,
    );
  }
}
