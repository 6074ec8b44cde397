import { configurationReferences } from "./facts/configuration-references.ts";
import { controllerLabels } from "./facts/controller-labels.ts";
import { credentialsInText } from "./facts/credentials-in-text.ts";
import { dataStores } from "./facts/data-stores.ts";
import { databaseClients } from "./facts/database-clients.ts";
import { namedServices } from "./facts/named-services.ts";
import { networkPolicies } from "./facts/network-policies.ts";
import { networkReach } from "./facts/network-reach.ts";
import { podDemand } from "./facts/pod-demand.ts";
import { replicas } from "./facts/replicas.ts";
import { selection } from "./facts/selected-pods.ts";
import { serverSettings } from "./facts/server-settings.ts";
import { cron } from "./model/cron.ts";
import { imageReference } from "./model/image-reference.ts";
import { selectors } from "./model/label-selectors.ts";
import { quantity } from "./settings/quantity.ts";
import type { Examples } from "./example.ts";

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
