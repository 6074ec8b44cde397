import { controllerLabels } from "./controller-labels.ts";
import { credentialsInText } from "./credentials-in-text.ts";
import { cron } from "./cron.ts";
import type { Examples } from "./example.ts";
import { networkReach } from "./network-reach.ts";
import { podDemand } from "./pod-demand.ts";
import { quantity } from "./quantity.ts";
import { imageReference, networkPolicies, selectors } from "./selectors.ts";

/** What the helpers of the rules answer. */
export const examples: readonly Examples[] = [controllerLabels, credentialsInText, cron, imageReference, networkPolicies, networkReach, podDemand, quantity, selectors];
