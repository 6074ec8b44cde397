import type { SystemName } from "../configuration.ts";

/** The namespace of each system. */
export const systemNamespaces = {
  "bgc-platform": "data",
  "platform-service": "platform",
  "bots-edi": "edi",
  "resilient-api-gateway": "api-gateway",
  "techbra-ecommerce": "techbra-test",
} as const satisfies Readonly<Record<SystemName, string>>;
