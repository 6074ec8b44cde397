import { createLogUpdate } from "log-update";
import type { EngineEvent } from "./engine-events.ts";
import { eventLog } from "./event-log.ts";
import type { RunLog } from "./run-log.ts";
import type { UpdateProgress } from "./update-progress.ts";

/**
 * How often the log is read, the screen is written, and a line says what is waited for where nothing can be rewritten.
 * Milliseconds.
 */
const [reads, writes, reminds] = [50, 250, 30_000];

/** Where progress is shown. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/**
 * Shows how far an update is while `work` runs: in place on a terminal, otherwise in few plain lines. Each event also
 * goes to `see`. All that was
 * shown is also in the log. Resolves with what `work` does.
 */
export async function shown<T>(
  work: () => Promise<T>,
  progress: UpdateProgress,
  log: Pick<RunLog, "events">,
  see: (event: EngineEvent) => void,
  screen: Screen = process.stdout,
): Promise<T> {
  // A terminal that some runners make has no size, and one that cannot move back shows each version below the other.
  const live =
    screen.isTTY === true && (screen.columns ?? 0) > 0 && process.env["TERM"] !== "dumb"
      ? createLogUpdate(screen as NodeJS.WriteStream, { showCursor: true })
      : undefined;
  const events = eventLog(log.events);
  let [wrote, reminded] = [Date.now(), Date.now()];
  const tick = () => {
    const lines = events.next().flatMap((event) => {
      see(event);
      return progress.see(event);
    });
    const now = Date.now();
    if (live) {
      if (now - wrote < writes) return;
      wrote = now;
      live(
        progress
          .block(now)
          .map((line) => cut(line, (screen.columns ?? 80) - 1))
          .join("\n"),
      );
    } else {
      for (const line of lines) screen.write(`${line}\n`);
      if (lines.length > 0) reminded = now;
      const waiting = now - reminded >= reminds ? progress.waiting(now) : undefined;
      if (waiting !== undefined) screen.write(`${waiting}\n`);
      if (waiting !== undefined) reminded = now;
    }
  };
  const interrupted = () => {
    live?.clear();
    screen.write(
      "\ninterrupted: the engine ends what it has begun. Ctrl-C again ends it at once, and what it was at is not recorded then\n",
    );
  };
  process.on("SIGINT", interrupted);
  const timer = setInterval(tick, reads);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    process.off("SIGINT", interrupted);
    wrote = 0;
    tick();
    live?.done();
  }
}

const cut = (line: string, width: number): string =>
  line.length <= width ? line : `${line.slice(0, Math.max(0, width - 3))}...`;
