import test from "ava";
import { podSecurityRelease } from "../../policies/rules/pod-security/lists.ts";
import { newestRelease } from "../support/pod-security-module.ts";
import { goIsThere } from "./support/custom-definitions.ts";

(goIsThere ? test : test.skip)(
  `the Pod Security lists and fixtures are of the newest release${goIsThere ? "" : ", not tried without Go on PATH"}`,
  (t) => {
    t.is(podSecurityRelease, newestRelease(), "run: node test/support/vendor-pod-security-fixtures.ts");
  },
);
