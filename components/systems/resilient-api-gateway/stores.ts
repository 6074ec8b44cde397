import { redisStore } from "../../data/redis/store.ts";
import { copiesOf } from "../stores.ts";
import type { SystemContext } from "../target.ts";
import type { ResilientApiGatewaySettings } from "./settings.ts";

export const namespace = "api-gateway";

/** The stores of the gateway, before anything is declared: a Redis that must not forget what clients have used up. */
export const gatewayStores = (
  { redis: { engine, maxMemory, rotation, storage, backup } }: ResilientApiGatewaySettings,
  context: SystemContext,
) => ({
  redis: redisStore("redis", engine, {
    role: "state",
    namespace,
    settingPath: "resilient-api-gateway.redis",
    serviceName: "redis",
    labels: { app: "redis" },
    maxMemory,
    rotation,
    persistence: { storage, ...context.storage },
    retainData: context.retainData,
    backup: copiesOf(backup, context),
  }),
});
