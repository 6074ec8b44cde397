import type { Program } from "../role.ts";
import { botsDumpdata } from "../roles/bots-dumpdata.ts";
import { botsEngine } from "../roles/bots-engine.ts";
import { botsJobqueue } from "../roles/bots-jobqueue.ts";
import { botsLoaddata } from "../roles/bots-loaddata.ts";
import { botsMigrate } from "../roles/bots-migrate.ts";
import { botsShowmigrations } from "../roles/bots-showmigrations.ts";
import { botsWebserver } from "../roles/bots-webserver.ts";

/** Every program of Bots EDI. */
export const programs: readonly Program[] = [
  botsWebserver,
  botsJobqueue,
  botsEngine,
  botsMigrate,
  botsShowmigrations,
  botsDumpdata,
  botsLoaddata,
];
