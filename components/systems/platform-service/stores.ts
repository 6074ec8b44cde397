import { cacheOf, postgresOf } from "../stores.ts";
import type { SystemContext } from "../target.ts";
import type { PlatformServiceSettings } from "./settings.ts";

export const namespace = "platform";

/** The stores of the platform service, before anything is declared. */
export const platformStores = ({ postgres, redis }: PlatformServiceSettings, context: SystemContext) => ({
  postgres: postgresOf(postgres, context, {
    namespace,
    settingPath: "platform-service.postgres",
    serviceName: "postgres",
    labels: { app: "postgres" },
    database: "platform_db",
    user: "platform",
    credentialName: "platform-secrets",
    extensions: ["pg_stat_statements"],
  }),
  redis: cacheOf(redis, context, { namespace, settingPath: "platform-service.redis", labels: { app: "redis" } }),
});
