import type { Rule } from "../rule.ts";
import { hostRules } from "./host.ts";
import { isolationRules } from "./isolation.ts";
import { kernelRules } from "./kernel.ts";
import { namespaceStandard } from "./namespace.ts";
import { placementRules } from "./placement.ts";
import { privilegeRules } from "./privileges.ts";
import { profileRules } from "./profiles.ts";
import { userRules } from "./users.ts";
import { volumeRules } from "./volumes.ts";

/** X01: the restricted Pod Security Standard in full, and a little more. */
export const podSecurityRules: readonly Rule[] = [
  ...privilegeRules,
  ...userRules,
  ...profileRules,
  ...kernelRules,
  ...hostRules,
  ...volumeRules,
  ...isolationRules,
  ...placementRules,
  namespaceStandard,
];
