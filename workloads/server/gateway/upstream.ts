import { HttpProblem } from "../http/problem.ts";
import { reasonOf } from "../reason.ts";
import { endToEnd } from "./headers.ts";

/**
 * Largest answer that is passed on, in bytes: answers are held in memory, so that one that breaks off is no half answer
 * to the client.
 */
export const answerLimit = 1024 * 1024;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** What came of asking the upstream. `failure` says what counts against it, in a few words. */
export type Outcome =
  | { readonly answer: Answer; readonly failure?: string }
  | { readonly problem: HttpProblem; readonly failure: string };

/**
 * Asks the upstream and waits at most `timeout` ms for the whole answer. Its 5xx and no answer count against it; what
 * the
 * client did wrong (4xx) does not. A client that goes away does not end the request: how it went is still counted.
 */
export async function askUpstream(url: string, headers: Headers, timeout: number): Promise<Outcome> {
  try {
    const response = await fetch(url, { headers, redirect: "manual", signal: AbortSignal.timeout(timeout) });
    const answer = { status: response.status, headers: endToEnd(response.headers), body: await readAnswer(response) };
    return response.status >= 500 ? { answer, failure: `status ${response.status}` } : { answer };
  } catch (error) {
    if (error instanceof Error && error.name === "TimeoutError") {
      return {
        problem: new HttpProblem(504, "upstream_timeout", "The upstream service did not answer in time.", {
          cause: error,
        }),
        failure: `no answer within ${timeout} ms`,
      };
    }
    if (error instanceof HttpProblem) return { problem: error, failure: error.code };
    return {
      problem: new HttpProblem(502, "upstream_unreachable", "The upstream service cannot be reached.", {
        cause: error,
      }),
      failure: reasonOf(error).slice(0, 200),
    };
  }
}

async function readAnswer(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > answerLimit)
      throw new HttpProblem(
        502,
        "upstream_answer_too_large",
        `The upstream's answer is larger than ${answerLimit} bytes.`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
