import { cacheOf, postgresOf } from "../stores.ts";
import type { SystemContext } from "../target.ts";
import type { BgcPlatformSettings } from "./settings.ts";

export const namespace = "data";

/** The stores of the BGC platform, before anything is declared. */
export const bgcStores = ({ postgres, redis }: BgcPlatformSettings, context: SystemContext) => ({
  postgres: postgresOf(postgres, context, {
    namespace,
    settingPath: "bgc-platform.postgres",
    serviceName: "pg-postgresql",
    labels: { app: "postgres" },
    database: "bgc",
    user: "bgc",
  }),
  redis: cacheOf(redis, context, { namespace, settingPath: "bgc-platform.redis", labels: { app: "redis" } }),
});
