import type { Rule } from "../rule.ts";
import { hostRules } from "./pod-security/host.ts";
import { isolationRules } from "./pod-security/isolation.ts";
import { kernelRules } from "./pod-security/kernel.ts";
import { namespaceStandard } from "./pod-security/namespace.ts";
import { placementRules } from "./pod-security/placement.ts";
import { privilegeRules } from "./pod-security/privileges.ts";
import { profileRules } from "./pod-security/profiles.ts";
import { userRules } from "./pod-security/users.ts";
import { volumeRules } from "./pod-security/volumes.ts";

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
