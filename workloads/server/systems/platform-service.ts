import type { Program } from "../role.ts";
import { platformAuditRetention } from "../roles/platform-audit-retention.ts";
import { platformService } from "../roles/platform-service.ts";

/** Every program of the platform service. */
export const programs: readonly Program[] = [platformService, platformAuditRetention];
