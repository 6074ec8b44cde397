import * as z from "zod";
import type { EventRange } from "./audit-events.ts";

/** A day of the calendar in UTC. */
export const day = z.iso
  .date({ error: "expected a date such as 2024-01-31", abort: true })
  .refine((text) => text >= "1970" && text < "9999", "expected a date of the years 1970 to 9998");

/** A range of days, both of them in. */
export interface Days {
  readonly startDate: string;
  readonly endDate: string;
}

const wellFormed = z.object({ startDate: day, endDate: day });

/**
 * Arguments of `refine` for a schema with `Days`. The order is judged whatever else is wrong, so that every fault shows
 * at once.
 */
export const inOrder = [
  ({ startDate, endDate }: Days): boolean => startDate <= endDate,
  {
    error: "expected a day that is not before startDate",
    path: ["endDate"],
    when: ({ value }: { value: unknown }) => wellFormed.safeParse(value).success,
  },
] satisfies [(days: Days) => boolean, object];

/** The times of whole days. */
export const rangeOf = ({ startDate, endDate }: Days): EventRange & { readonly from: string } => ({
  from: `${startDate}T00:00:00Z`,
  before: new Date(Date.parse(endDate) + 86_400_000).toISOString(),
});
