import type { V1CronJob } from "@kubernetes/client-node";

/** Names this command among those who write to an object. */
export const fieldManager = "runbook";

/** Who wrote that a CronJob is suspended, and when; `declared` where it was an update of the stack. */
export function suspendedBy({ metadata }: V1CronJob): { readonly by: string; readonly declared: boolean } {
  const writers = (metadata?.managedFields ?? []).filter(
    ({ fieldsV1 }) => "f:suspend" in ((fieldsV1 as Record<string, object> | undefined)?.["f:spec"] ?? {}),
  );
  const declared = writers.some(({ manager }) => manager?.startsWith("pulumi"));
  const [{ manager, time } = {}] = writers;
  return {
    by: manager ? `${manager}${time ? ` since ${new Date(time).toISOString().slice(0, 16)}Z` : ""}` : "somebody",
    declared,
  };
}
