import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import { CommandError, run } from "../../cluster/shell.ts";
import { undoing } from "../../cluster/undo.ts";

const listeners = () => ["exit", "SIGINT", "SIGTERM"].map((event) => process.listenerCount(event));

test.serial(
  "thirty programs that run side by side share one listener for each way this process may end, and leave none",
  async (t) => {
    const before = listeners();
    const all = Promise.all(Array.from({ length: 30 }, () => run("sleep", ["0.2"])));
    t.deepEqual(
      listeners(),
      before.map((count) => count + 1),
    );
    await all;
    t.deepEqual(listeners(), before);
  },
);

test.serial(
  "thirty steps that must be undone share one listener, and each is undone once, also where its work fails",
  async (t) => {
    const before = listeners();
    const undone: number[] = [];
    const work = (index: number) =>
      undoing(
        () => undone.push(index),
        async () => {
          await sleep(10);
          if (index === 7) throw new Error("no disk");
        },
      );
    const all = Promise.allSettled(Array.from({ length: 30 }, (_, index) => work(index)));
    t.deepEqual(listeners(), [before[0]! + 1, before[1], before[2]]);
    t.is((await all).filter(({ status }) => status === "rejected").length, 1);
    t.deepEqual(listeners(), before);
    t.deepEqual(
      undone.toSorted((one, other) => one - other),
      Array.from({ length: 30 }, (_, index) => index),
    );
  },
);

test.serial(
  "a program that does not answer in its time is ended, also where a child of it holds its output open",
  async (t) => {
    await t.throwsAsync(run("sh", ["-c", "sleep 600 & wait"], { limit: 0.3 }), {
      instanceOf: CommandError,
      message: "sh -c sleep 600 & wait failed (SIGKILL): it has not ended within 0.3 s",
    });
    t.is(await run("sh", ["-c", "echo in time"], { limit: 5 }), "in time\n");
  },
);
