import test from "ava";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { checkout } from "../../scripts/support/checkout.ts";
import { answerOf } from "./helpers/example.ts";
import { examples } from "./helpers/index.ts";

for (const { file, answers } of examples) {
  for (const answer of answers) {
    test(answer.title, async (t) => {
      t.deepEqual(
        answerOf(answer, (await import(pathToFileURL(join(checkout, file)).href)) as object),
        answer.answer,
        file,
      );
    });
  }
}
