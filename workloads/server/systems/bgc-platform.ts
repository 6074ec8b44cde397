import type { Program } from "../role.ts";
import { bgcApi } from "../roles/bgc-api.ts";
import { bgcWeb } from "../roles/bgc-web.ts";
import { integrationGateway } from "../roles/integration-gateway.ts";

/** Every program of the trade-data platform. */
export const programs: readonly Program[] = [bgcApi, integrationGateway, bgcWeb];
