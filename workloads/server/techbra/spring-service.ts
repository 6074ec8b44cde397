/** What the shop's four services have in common: their release, and Spring's way of telling their health (T02). */
export const springService = {
  version: "v1.2.0",
  healthPath: "/actuator/health",
  healthyWord: "UP",
  missingWord: "DOWN",
} as const;
