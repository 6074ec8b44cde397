import type { Logger } from "pino";
import { type Session, sql } from "../data/mysql-session.ts";
import { HttpProblem } from "../http/problem.ts";
import { reasonOf } from "../reason.ts";
import type { Home } from "./home.ts";
import { arrivedFiles, importFile } from "./infile.ts";
import { withLock } from "./lock.ts";
import { writeLate, writeOut } from "./outfile.ts";
import { iso } from "./transactions.ts";
import { workOne } from "./work.ts";

export interface EngineOptions {
  /** Who runs: the pod's name. */
  readonly holder: string;
  readonly home: Home;
  readonly maxAttempts: number;
  /** A run that takes longer leaves the rest to the next one. */
  readonly maxSeconds: number;
  /** Longest wait for another engine; 0 refuses at once. */
  readonly lockWaitSeconds: number;
  /** A file that was changed later than this may still be growing. */
  readonly settleSeconds: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** What a run did. */
export interface EngineRun {
  imported: number;
  processed: number;
  /** Of those processed, the errors. */
  failed: number;
}

/**
 * One run of the engine (E03): imports what has arrived, then processes what is due, beside any number of queue
 * workers.
 * There is one engine at a time, whoever starts it. Everything uses the session that holds the lock.
 */
export async function runEngine(session: Session, options: EngineOptions): Promise<EngineRun> {
  const { log, signal, lockWaitSeconds: waitSeconds } = options;
  return withLock(
    session,
    { name: "bots-engine", waitSeconds, signal, describe: (connection) => holderOf(session, connection) },
    async () => {
      const { id } = await session.write(
        sql(
          "INSERT INTO bots_enginerun (holder, connection_id, started_at) VALUES (?, CONNECTION_ID(), UTC_TIMESTAMP(6))",
          options.holder,
        ),
      );
      const end = Date.now() + options.maxSeconds * 1_000;
      const goOn = () => !signal.aborted && Date.now() < end;
      const run: EngineRun = { imported: 0, processed: 0, failed: 0 };
      const refused = await importAll(session, options, run, goOn);
      const finished = await processAll(session, options, run, goOn);
      await session.write(
        sql(
          "UPDATE bots_enginerun SET finished_at = UTC_TIMESTAMP(6), imported = ?, processed = ?, failed = ? WHERE id = ?",
          run.imported,
          run.processed,
          run.failed,
          id,
        ),
      );
      if (finished) log.info(run, "nothing is due any more");
      else log.warn({ ...run, maxSeconds: options.maxSeconds }, "stopped early: the next run goes on");
      if (refused.length > 0) throw new Error(`not imported and left where they are: ${refused.join(", ")}`);
      return run;
    },
  );
}

/** Names of the files that could not be imported. One of them does not keep the others back. */
async function importAll(
  session: Session,
  { home, settleSeconds, log }: EngineOptions,
  run: EngineRun,
  goOn: () => boolean,
): Promise<string[]> {
  const refused: string[] = [];
  for (const file of await arrivedFiles(home, settleSeconds)) {
    if (!goOn()) break;
    try {
      const { id, repeated } = await importFile(session, home, file);
      if (!repeated) run.imported += 1;
      log.info({ file, id, repeated }, repeated ? "file has the content of an earlier one" : "file imported");
    } catch (error) {
      if (error instanceof HttpProblem) throw error;
      log.error({ file, reason: reasonOf(error) }, "file not imported");
      refused.push(file);
    }
  }
  return refused;
}

/** Whether nothing that is due was left. */
async function processAll(
  session: Session,
  { home, holder, maxAttempts, log }: EngineOptions,
  run: EngineRun,
  goOn: () => boolean,
): Promise<boolean> {
  while (goOn()) {
    const outcome = await workOne(session, { worker: holder, maxAttempts });
    if (!outcome) {
      await writeLate({ database: session, home, log });
      return true;
    }
    if (outcome.state !== "pending") run.processed += 1;
    if (outcome.state === "error") run.failed += 1;
    if (outcome.state === "done") await writeOut(outcome, { database: session, home, log });
    else log.warn(outcome, "transaction failed");
  }
  return false;
}

async function holderOf(session: Session, connection: number): Promise<string> {
  const [run] = await session.query<{ holder: string; started_at: string }>(
    sql(
      "SELECT holder, started_at FROM bots_enginerun WHERE connection_id = ? AND finished_at IS NULL ORDER BY id DESC LIMIT 1",
      connection,
    ),
  );
  return run ? `${run.holder} since ${iso(run.started_at)}` : "another session";
}
