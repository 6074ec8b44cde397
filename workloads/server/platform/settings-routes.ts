import type { Redis } from "ioredis";
import type { Logger } from "pino";
import type * as z from "zod";
import type { Cache } from "../data/cache.ts";
import type { Database } from "../data/postgres.ts";
import { parseJson, readText } from "../http/body.ts";
import type { Front } from "../http/front.ts";
import { HttpProblem, invalidRequest } from "../http/problem.ts";
import { reasonOf } from "../reason.ts";
import type { RequestContext, Route } from "../role.ts";
import { originOf } from "./origin.ts";
import { readSetting, settingBody, settingKey, writeSetting } from "./settings.ts";

/** What the settings work with. */
export interface SettingsParts extends Front {
  readonly database: Pick<Database, "query" | "transaction">;
  readonly cache: Cache;
  readonly redis: Pick<Redis, "del">;
  readonly log: Logger;
}

/** Where a setting is cached. */
export const cacheKey = (key: string): string => `platform:setting:${key}`;

/**
 * `GET` and `PUT /v1/settings/:key`. A write drops the cached value after its commit. A value read just before the
 * commit can be cached after that, or Redis can be away at that moment: then readers see the old one for as long as the
 * cache keeps it, and never longer.
 */
export const settingsRoutes = ({ database, cache, redis, log, ...front }: SettingsParts): Route[] => [
  {
    method: "GET",
    path: "/v1/settings/:key",
    async handle(context) {
      const key = valid(keyOf(context));
      const { value: setting, hit } = await cache.through(
        cacheKey(key),
        () => readSetting(database.query, key),
        (found) => found !== null,
      );
      if (!setting) throw new HttpProblem(404, "unknown_setting", "There is no setting of this name.");
      return context.json(setting, 200, { "X-Cache": hit ? "HIT" : "MISS" });
    },
  },
  {
    method: "PUT",
    path: "/v1/settings/:key",
    async handle(context) {
      const key = keyOf(context);
      const { value: body, faults = [] } = parseJson(await readText(context.req.raw), settingBody);
      if (!body || !key.success) throw invalidRequest([...faultsOf(key), ...faults]);
      const setting = await writeSetting(database, key.data, body.value, originOf(context, front));
      await redis
        .del(cacheKey(key.data))
        .catch((error: unknown) =>
          log.warn({ key: key.data, reason: reasonOf(error) }, "a changed setting may still be cached"),
        );
      return context.json(setting, setting.version === 1 ? 201 : 200);
    },
  },
];

const keyOf = (context: RequestContext) => settingKey.safeParse(context.req.param("key"));

const faultsOf = ({ error }: z.ZodSafeParseResult<string>) =>
  (error?.issues ?? []).map(({ message }) => ({ path: "key", message }));

function valid(key: z.ZodSafeParseResult<string>): string {
  if (!key.success) throw invalidRequest(faultsOf(key));
  return key.data;
}
