import { bgcCases } from "./bgc-platform.ts";
import { ediCases } from "./bots-edi.ts";
import type { Case } from "./case.ts";
import { platformCases } from "./platform-service.ts";
import { gatewayCases } from "./resilient-api-gateway.ts";
import { techbraCases } from "./techbra-ecommerce.ts";

/** The cases of every alert, by system. promtool runs them: test/machine/alerts.test.ts. */
export const alertCases: Readonly<Record<string, readonly Case[]>> = {
  "bgc-platform": bgcCases,
  "platform-service": platformCases,
  "bots-edi": ediCases,
  "resilient-api-gateway": gatewayCases,
  "techbra-ecommerce": techbraCases,
};
