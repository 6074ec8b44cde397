import type { Verb } from "../verb.ts";
import { alerts } from "./alerts.ts";
import { audit } from "./audit.ts";
import { backup } from "./backup.ts";
import { backups } from "./backups.ts";
import { cleanup } from "./cleanup.ts";
import { breaker, clients, closeBreaker } from "./gateway.ts";
import { drill } from "./drill.ts";
import { lag, topics } from "./kafka.ts";
import { logs } from "./logs.ts";
import { maintenance } from "./maintenance.ts";
import { preflight } from "./preflight.ts";
import { renew } from "./renew.ts";
import { report } from "./report.ts";
import { restart } from "./restart.ts";
import { restore } from "./restore.ts";
import { rightsVerb } from "./rights.ts";
import { rules } from "./rules.ts";
import { run } from "./run.ts";
import { saga } from "./saga.ts";
import { scale } from "./scale.ts";
import { status } from "./status.ts";
import { resume, suspend } from "./suspension.ts";
import { verify } from "./verify.ts";

/** Every verb, in the order of --help and of the documentation. */
export const verbs: readonly Verb[] = [
  status,
  verify,
  alerts,
  preflight(() => verbs),
  report,
  audit,
  logs,
  lag,
  topics,
  saga,
  breaker,
  clients,
  backups,
  backup,
  drill,
  restore,
  restart,
  scale,
  maintenance,
  run,
  suspend,
  resume,
  closeBreaker,
  renew,
  rules,
  cleanup,
  rightsVerb(() => verbs),
];
