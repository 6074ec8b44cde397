import { gracePeriod } from "../../cel/pods.ts";
import { literal } from "../../cel/template.ts";
import { podKinds } from "../../model/pod-spec-walker.ts";
import type { ContainerRule, Rule } from "../rule.ts";

const sleep = String.raw`\bsleep +[0-9]+`;
const sleepPattern = new RegExp(sleep);
const hook = "container.?lifecycle.?preStop";

const preStop: ContainerRule = {
  id: "X04-pre-stop",
  scope: "container",
  kinds: podKinds,
  row: ["X04"],
  severity: "high",
  title: "The grace period is longer than the preStop hook",
  rationale:
    "The hook counts against terminationGracePeriodSeconds: where it takes all of it, the program is killed without being told.",
  remediation: [
    "terminationGracePeriodSeconds: 30   # the hook, and what the program needs after it",
    "containers:",
    "  - lifecycle:",
    "      preStop:",
    "        sleep:",
    "          seconds: 5",
  ].join("\n"),
  admission: [
    `[${hook}.?sleep.?seconds.orValue(0)]`,
    `${hook}.?exec.?command.orValue([]).join(" ").findAll(${literal(sleep)}, 1).map(found, int(found.find("[0-9]+")))`,
  ].map((slept) => ({
    expression: `${slept}.all(seconds, seconds == 0 || seconds < ${gracePeriod})`,
    message: "preStop sleeps as long as the pod has to stop",
  })),
  *check({ spec, path, pod }) {
    const { sleep: action, exec } = spec.lifecycle?.preStop ?? {};
    const seconds =
      action?.seconds ?? Number(sleepPattern.exec((exec?.command ?? []).join(" "))?.[0].replace(/\D+/, "") ?? 0);
    const grace = pod.spec.terminationGracePeriodSeconds ?? 30;
    if (seconds === 0 || seconds < grace) return;
    yield {
      path: `${path}.lifecycle.preStop`,
      message: `preStop sleeps ${seconds} s of the ${grace} s the pod has to stop`,
    };
  },
};

/** X04: how pods end. */
export const shutdownRules: readonly Rule[] = [preStop];
