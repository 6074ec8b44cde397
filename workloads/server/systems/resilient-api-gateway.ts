import type { Program } from "../role.ts";
import { proxyService } from "../roles/proxy-service.ts";
import { upstreamService } from "../roles/upstream-service.ts";

/** Every program of the API gateway. */
export const programs: readonly Program[] = [proxyService, upstreamService];
