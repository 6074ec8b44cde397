/**
 * A command that would act on a cluster or a record that is not the stack's, or that still has objects. Nothing was
 * changed.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** Throws a {@link Refusal} where another checkout brought a platform up on the local cluster. */
export function refuseForeign({ foreign }: { readonly foreign?: string | undefined }): void {
  if (foreign === undefined) return;
  throw new Refusal(
    `the local cluster holds the platform that ${foreign} brought up, with its data and passwords. Nothing was changed. Work from there, ` +
      `or remove it all with "npm run cluster -- down --purge --owner ${foreign}"`,
  );
}

/** Throws a {@link Refusal} where a stack that is to be forgotten still has resources. */
export function refuseLeft(stack: string, resources: readonly string[]): void {
  if (resources.length > 0)
    throw new Refusal(
      `the engine's record of stack ${stack} still has ${counted(resources)}. It is kept: run the command again once they can be removed`,
    );
}

/** Throws a {@link Refusal} where a destroy would read another kubeconfig than the one that was looked at. */
export function refuseOtherKubeconfig(stack: string, recorded: string | undefined, looked: string): void {
  if (recorded === undefined || recorded === looked) return;
  throw new Refusal(
    `the engine's record of stack ${stack} reads the kubeconfig ${recorded}, and not ${looked}: the stack was last updated from another place, or by an older version. Nothing was changed. ` +
      `Bring the record here first: npm run up -- --stack ${stack}`,
  );
}

/** `4 resources, ...`: how many, and the first names. */
export function counted(resources: readonly string[]): string {
  const shown = resources.slice(0, 5).join(", ");
  return `${resources.length} resource${resources.length === 1 ? "" : "s"}: ${shown}${resources.length > 5 ? " and others" : ""}`;
}
