import type { Manifest } from "../../../scripts/support/declared-objects.ts";
import { stackVariant } from "../../support/stack-variant.ts";
import { today } from "../fixtures/fixture.ts";
import { mutationPatterns } from "./mutation-patterns/index.ts";
import { type KnownSurvivors, survivors } from "./mutation-survivors.ts";
import { type Mutant, mutantsOf } from "./mutator.ts";
import { type JudgedStack, judgedStack } from "./rejudge.ts";
import { stackSettings } from "./stack-settings.ts";

/** A mutant, whether the rules block it, and where it is. */
export interface JudgedMutant extends Mutant {
  readonly where: string;
  readonly blocked: boolean;
  readonly isOf: (known: KnownSurvivors) => boolean;
}

/** A stack of ours with its mutants. */
export interface MutatedStack {
  readonly name: string;
  readonly objects: readonly Manifest[];
  readonly judged: JudgedStack;
  readonly mutants: readonly JudgedMutant[];
}

/** The mutants of our own stacks that are picked, judged; those of dev come first. */
export async function judgedMutants(pick: (mutant: Mutant, object: Manifest) => boolean): Promise<MutatedStack[]> {
  const stacks: MutatedStack[] = [];
  for (const name of ["dev", "prod"]) {
    const { objects } = await stackVariant(name);
    const judged = judgedStack(objects, stackSettings(name), today);
    const mutants = objects.flatMap((object) =>
      [...mutantsOf(object, mutationPatterns)]
        .filter((mutant) => pick(mutant, object))
        .map((mutant) => ({
          ...mutant,
          where: `${name} ${object.kind} ${object.metadata.namespace ?? ""}/${object.metadata.name} ${mutant.path} (${mutant.change})`,
          blocked: judged.blocks(mutant),
          isOf: (known: KnownSurvivors) =>
            known.changes.includes(mutant.change) && known.of?.(object, objects) !== false,
        })),
    );
    stacks.push({ name, objects, judged, mutants });
  }
  return stacks;
}

/** Where mutants are that nothing blocks, and that no reason says may be. */
export const unexplained = (mutants: readonly JudgedMutant[]): string[] =>
  mutants.filter((mutant) => !mutant.blocked && !survivors.some(mutant.isOf)).map(({ where }) => where);
