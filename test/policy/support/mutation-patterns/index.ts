import { containerPatterns } from "./containers.ts";
import { objectPatterns } from "./objects.ts";
import { podPatterns } from "./pods.ts";
import { storePatterns } from "./stores.ts";
import { workloadPatterns } from "./workloads.ts";

/** Every protective field, and how it is weakened. */
export const mutationPatterns = [
  ...containerPatterns,
  ...podPatterns,
  ...workloadPatterns,
  ...storePatterns,
  ...objectPatterns,
];
