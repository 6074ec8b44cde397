import type { Role } from "../role.ts";
import { bgcApi } from "./bgc-api.ts";
import { bgcWeb } from "./bgc-web.ts";
import { integrationGateway } from "./integration-gateway.ts";

/** Everything the server can be. */
export const roles: readonly Role[] = [bgcApi, integrationGateway, bgcWeb];
