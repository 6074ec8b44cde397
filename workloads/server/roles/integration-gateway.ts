import * as z from "zod";
import { type Connector, connectors } from "../bgc/connectors.ts";
import { ncm, tables } from "../bgc/simulator.ts";
import { createCache } from "../data/cache.ts";
import { openPostgres, postgresVariables } from "../data/postgres.ts";
import { connectRedis, redisVariables } from "../data/redis.ts";
import { readSecret, whole, word } from "../environment.ts";
import { parseJson, readText } from "../http/body.ts";
import { HttpProblem, invalidRequest } from "../http/problem.ts";
import type { Role } from "../role.ts";

const variables = z.object({
  ...postgresVariables,
  ...redisVariables,
  /** How long a connector's answer is kept. */
  CACHE_TTL_SECONDS: whole(1, 604_800, 3_600),
  /** May name a file that is not there: then the connector reports that it is not configured. */
  COMEXSTAT_CREDENTIALS_FILE: word("the path of a file").optional(),
});

const query = z.object({ ncm }, { error: "expected an object" });

/** What every connector here is, whatever source it stands for. It works whenever the database does. */
const local = {
  state: "local",
  source: "local database",
  detail: "answers from the local database; the public source is never called",
};

/** The gateway to public trade-data sources (B07), with connectors that answer from the database. */
export const integrationGateway: Role<typeof variables> = {
  name: "integration-gateway",
  version: "v0.4.0",
  healthPath: "/health",
  variables,
  async start(environment, runtime) {
    const database = openPostgres(environment, runtime);
    const { redis, check, close } = await connectRedis(environment, runtime);
    const cache = createCache(redis, environment.CACHE_TTL_SECONDS, runtime);
    const credentials = environment.COMEXSTAT_CREDENTIALS_FILE;
    // Read each time: the file may be mounted, or taken away, while the server runs.
    const configured = ({ name }: Connector) =>
      name === "comexstat" ? { configured: credentials !== undefined && readSecret(credentials) !== undefined } : {};

    const listed = () =>
      connectors.map((connector) => ({
        name: connector.name,
        authority: connector.authority,
        description: connector.description,
        ...configured(connector),
        ...local,
      }));

    return {
      routes: [
        {
          method: "GET",
          path: "/v1/connectors",
          handle: (context) => context.json({ count: connectors.length, connectors: listed() }),
        },
        {
          method: "POST",
          path: "/v1/connectors/:name/query",
          async handle(context) {
            const name = context.req.param("name");
            const connector = connectors.find((candidate) => candidate.name === name);
            if (!connector) {
              throw new HttpProblem(404, "unknown_connector", "There is no connector of this name.", {
                details: { connectors: connectors.map((candidate) => candidate.name) },
              });
            }
            const { value: request, faults } = parseJson(await readText(context.req.raw), query);
            if (!request) throw invalidRequest(faults);
            const { value, hit } = await cache.through(
              `bgc:connector:${connector.name}:${request.ncm}`,
              () => database.query(connector.query(request.ncm)),
              (rows) => rows.length > 0,
            );
            return context.json(
              {
                connector: connector.name,
                source: local.source,
                ncm: request.ncm,
                count: value.length,
                cached: hit,
                records: value,
              },
              200,
              { "X-Cache": hit ? "HIT" : "MISS" },
            );
          },
        },
      ],
      checks: [database.check(tables), check],
      about: () => ({ connectors: listed() }),
      close: async () => void (await Promise.all([database.close(), close()])),
    };
  },
};
