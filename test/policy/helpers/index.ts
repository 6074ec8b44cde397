import { controllerLabels } from "./controller-labels.ts";
import { credentialsInText } from "./credentials-in-text.ts";
import { cron } from "./cron.ts";
import { dataStores } from "./data-stores.ts";
import type { Examples } from "./example.ts";
import { configurationReferences, databaseClients, namedServices, replicas, selection } from "./named-services.ts";
import { networkReach } from "./network-reach.ts";
import { podDemand } from "./pod-demand.ts";
import { quantity } from "./quantity.ts";
import { imageReference, networkPolicies, selectors } from "./selectors.ts";
import { serverSettings } from "./server-settings.ts";

/** What the helpers of the rules answer. */
export const examples: readonly Examples[] = [
  configurationReferences,
  controllerLabels,
  credentialsInText,
  cron,
  databaseClients,
  dataStores,
  imageReference,
  namedServices,
  networkPolicies,
  networkReach,
  podDemand,
  quantity,
  replicas,
  selection,
  selectors,
  serverSettings,
];
