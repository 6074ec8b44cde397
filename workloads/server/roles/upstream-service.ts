import { setTimeout as wait } from "node:timers/promises";
import * as z from "zod";
import { whole } from "../environment.ts";
import type { Role } from "../role.ts";

const variables = z.object({
  /** How long `/slow` takes, in ms (G01). */
  UPSTREAM_SLOW_MS: whole(0, 60_000, 2_000),
});

/** The service behind the gateway (G02), with an endpoint that works, one that fails and one that takes its time. */
export const upstreamService: Role<typeof variables> = {
  name: "upstream-service",
  version: "v1.0.0",
  healthPath: "/health",
  variables,
  async start({ UPSTREAM_SLOW_MS }) {
    return {
      routes: [
        {
          method: "GET",
          path: "/ok",
          handle: (context) => context.json({ status: "ok", request_id: context.get("requestId") }),
        },
        {
          method: "GET",
          path: "/fail",
          handle: (context) =>
            context.json(
              {
                error: "deliberate_failure",
                message: "This endpoint always fails.",
                request_id: context.get("requestId"),
              },
              500,
            ),
        },
        {
          method: "GET",
          path: "/slow",
          async handle(context) {
            await wait(UPSTREAM_SLOW_MS);
            return context.json({ status: "ok", waited_ms: UPSTREAM_SLOW_MS, request_id: context.get("requestId") });
          },
        },
      ],
      checks: [],
      close: async () => {},
    };
  },
};
