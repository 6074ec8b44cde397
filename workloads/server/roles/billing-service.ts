import * as z from "zod";
import { whole } from "../environment.ts";
import type { Role } from "../role.ts";
import { billingApply, billingTables, chargeByChance } from "../techbra/billing.ts";
import { topics } from "../techbra/events.ts";
import { participantVariables, startParticipant } from "../techbra/participant.ts";
import { paymentRoutes } from "../techbra/payment-routes.ts";
import { springService } from "../techbra/spring-service.ts";

const share = "a number from 0 to 1";

const variables = z.object({
  ...participantVariables,
  PORT: whole(1, 65535, 8082),
  /** Share of the charges that are declined, by chance. */
  PAYMENT_FAILURE_RATE: z
    .string({ error: share })
    .regex(/^(0(\.\d{1,6})?|1(\.0{1,6})?)$/, { error: share })
    .default("0")
    .transform(Number),
});

/** Charges orders whose stock is reserved, and tries failed payments again (T02, T10). */
export const billingService: Role<typeof variables> = {
  name: "billing-service",
  ...springService,
  variables,
  start: async (environment, runtime) =>
    startParticipant(
      {
        schema: "billing",
        group: "billing-service-group",
        topics: [topics.orders],
        actsUpon: ["StockReserved", "StockRejected"],
        apply: billingApply(runtime, chargeByChance(environment.PAYMENT_FAILURE_RATE)),
        tables: billingTables,
        routes: paymentRoutes,
      },
      environment,
      runtime,
    ),
};
