import * as z from "zod";
import { whole } from "../environment.ts";
import type { Role } from "../role.ts";
import { topics } from "../techbra/events.ts";
import { inventoryApply, inventoryTables } from "../techbra/inventory.ts";
import { inventoryRoutes } from "../techbra/inventory-routes.ts";
import { participantVariables, startParticipant } from "../techbra/participant.ts";
import { springService } from "../techbra/spring-service.ts";

const variables = z.object({ ...participantVariables, PORT: whole(1, 65535, 8083) });

/** Reserves stock for orders and gives it back when their payment fails (T02, T10). */
export const inventoryService: Role<typeof variables> = {
  name: "inventory-service",
  ...springService,
  variables,
  start: async (environment, runtime) =>
    startParticipant(
      {
        schema: "inventory",
        group: "inventory-service-group",
        topics: [topics.orders, topics.billing],
        actsUpon: ["OrderCreated", "PaymentRetryRequested", "PaymentCompleted", "PaymentFailed"],
        apply: inventoryApply(runtime),
        tables: inventoryTables,
        routes: inventoryRoutes,
      },
      environment,
      runtime,
    ),
};
