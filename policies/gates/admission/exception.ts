import type { V1Variable } from "@kubernetes/client-node";
import { exceptionPrefix } from "../../model/annotations.ts";
import { literal } from "../../cel/template.ts";

const sound = String.raw`(?s)^.*\p{L}{2}.*;\s*until=\d{4}-\d{2}-\d{2}\s*$`;
const lastDay = String.raw`\d{4}-\d{2}-\d{2}\s*$`;

/**
 * The variables that tell whether an object is excepted from a rule, as `policies/model/exceptions.ts` reads it: by a
 * reason, and a last day that has not passed. CEL has no clock; the object brings one: the API server notes in
 * `managedFields` when each writer wrote, and the writer of this very request is among them. What ends before the
 * youngest of these times has expired; an object without them is never excepted.
 */
export function exceptionVariables(ruleId: string): V1Variable[] {
  const end = `timestamp(variables.exception.find(${literal(lastDay)}).trim() + "T23:59:59Z")`;
  const running = `object.metadata.managedFields.all(entry, !has(entry.time) || timestamp(entry.time) <= ${end})`;
  return [
    {
      name: "exception",
      expression: `object.metadata.?annotations[?${literal(`${exceptionPrefix}${ruleId}`)}].orValue("")`,
    },
    {
      name: "excepted",
      expression: `variables.exception.matches(${literal(sound)}) && has(object.metadata.managedFields) && ${running}`,
    },
  ];
}
