import * as z from "zod";
import { whole } from "../environment.ts";
import type { Role } from "../role.ts";
import { topics } from "../techbra/events.ts";
import { orderRoutes, watchSaga } from "../techbra/order-routes.ts";
import { orderApply, orderTables } from "../techbra/orders.ts";
import { participantVariables, startParticipant } from "../techbra/participant.ts";
import { springService } from "../techbra/spring-service.ts";

const variables = z.object({ ...participantVariables, PORT: whole(1, 65535, 8081) });

/** Takes orders and follows their saga to its end (T02). */
export const orderService: Role<typeof variables> = {
  name: "order-service",
  ...springService,
  variables,
  start: async (environment, runtime) =>
    startParticipant(
      {
        schema: "orders",
        group: "order-service-group",
        topics: [topics.orders, topics.billing],
        actsUpon: ["StockRejected", "PaymentRetryRequested", "PaymentCompleted", "PaymentFailed"],
        apply: orderApply,
        tables: orderTables,
        routes(database, committed) {
          watchSaga(database, runtime);
          return orderRoutes(database, committed);
        },
      },
      environment,
      runtime,
    ),
};
