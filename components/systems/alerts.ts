import type { SystemAlerts } from "../alerts/alert.ts";
import { bgcAlerts } from "./bgc-platform/alerts.ts";
import { ediAlerts } from "./bots-edi/alerts.ts";
import { platformAlerts } from "./platform-service/alerts.ts";
import { gatewayAlerts } from "./resilient-api-gateway/alerts.ts";
import { techbraAlerts } from "./techbra-ecommerce/alerts.ts";

/** What is watched of every system, in the order of the systems. Loads neither Pulumi nor a system's components. */
export const systemAlerts: readonly SystemAlerts[] = [
  bgcAlerts,
  platformAlerts,
  ediAlerts,
  gatewayAlerts,
  techbraAlerts,
];
