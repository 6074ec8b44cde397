import { controllerLabels } from "./facts/controller-labels.ts";
import { credentialsInText } from "./facts/credentials-in-text.ts";
import { cron } from "./model/cron.ts";
import { dataStores } from "./facts/data-stores.ts";
import type { Examples } from "./example.ts";
import {
  configurationReferences,
  databaseClients,
  namedServices,
  replicas,
  selection,
} from "./facts/named-services.ts";
import { networkReach } from "./facts/network-reach.ts";
import { podDemand } from "./facts/pod-demand.ts";
import { quantity } from "./quantity.ts";
import { imageReference, networkPolicies, selectors } from "./model/label-selectors.ts";
import { serverSettings } from "./facts/server-settings.ts";

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
