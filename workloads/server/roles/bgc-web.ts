import * as z from "zod";
import { firstValues, type FormValues, type Outcome, page, securityHeaders } from "../bgc/page.ts";
import type { Destination } from "../bgc/simulator.ts";
import { baseUrl, flag, whole } from "../environment.ts";
import { readText } from "../http/body.ts";
import { forwardedFor } from "../http/client.ts";
import { type Fault, HttpProblem } from "../http/problem.ts";
import { reachability } from "../http/reachability.ts";
import { senderOf } from "../http/sender.ts";
import type { RequestContext, Role } from "../role.ts";

const variables = z.object({
  API_URL: baseUrl,
  /** How long the API may take, in ms. */
  API_TIMEOUT_MS: whole(100, 60_000, 10_000),
  /** Whether X-Forwarded-For comes from a proxy that can be believed. */
  TRUSTED_PROXY: flag(false),
});

/** Headers of the API's answer that the client gets too. */
const passedOn = ["x-cache", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after"];

/** The public web front (B02). Ready without the API: then the page says that it cannot be reached. */
export const bgcWeb: Role<typeof variables> = {
  name: "bgc-web",
  version: "v0.4.0",
  healthPath: "/healthz",
  variables,
  async start({ API_URL, API_TIMEOUT_MS, TRUSTED_PROXY }) {
    const ask = (context: RequestContext, body: string) =>
      fetch(`${API_URL}/v1/simulator/destinations`, {
        method: "POST",
        body,
        signal: AbortSignal.timeout(API_TIMEOUT_MS),
        headers: {
          "content-type": "application/json",
          "x-request-id": context.get("requestId"),
          "x-forwarded-for": forwardedFor(senderOf(context, TRUSTED_PROXY)),
        },
      }).catch((error: Error) => {
        if (error.name === "TimeoutError")
          throw new HttpProblem(504, "api_timeout", "The API did not answer in time.", { cause: error });
        throw new HttpProblem(502, "api_unreachable", "The API cannot be reached.", { cause: error });
      });

    async function fromForm(context: RequestContext, text: string): Promise<Response> {
      const values: FormValues = { ...firstValues, ...Object.fromEntries(new URLSearchParams(text)) };
      const body = JSON.stringify({
        ncm: values.ncm,
        volume_kg: typed(values.volume_kg),
        max_results: typed(values.max_results),
      });
      const response = await ask(context, body).catch((problem: HttpProblem) => problem);
      const outcome =
        response instanceof HttpProblem ? { notice: response.message, problems: [] } : await outcomeOf(response);
      return context.html(
        page(values, outcome),
        response.status as 200,
        response instanceof HttpProblem ? {} : passedHeaders(response),
      );
    }

    return {
      routes: [
        { method: "GET", path: "/", handle: (context) => context.html(page(firstValues), 200, { ...securityHeaders }) },
        {
          method: "POST",
          path: "/api/simulate",
          async handle(context) {
            for (const [name, value] of Object.entries(securityHeaders)) context.header(name, value);
            const text = await readText(context.req.raw);
            // A form gets a page and a program gets the API's own answer, both with the API's status.
            if (context.req.header("content-type")?.startsWith("application/x-www-form-urlencoded"))
              return fromForm(context, text);
            const response = await ask(context, text);
            return context.body(await response.text(), response.status as 200, {
              ...passedHeaders(response),
              "content-type": response.headers.get("content-type") ?? "application/json",
            });
          },
        },
      ],
      checks: [reachability("bgc-api", `${API_URL}/healthz`)],
      close: async () => {},
    };
  },
};

const passedHeaders = ({ headers }: Response): Record<string, string> =>
  Object.fromEntries(passedOn.flatMap((name) => (headers.has(name) ? [[name, headers.get(name)!]] : [])));

/** A number as typed; what is none becomes null, which the API refuses with its own words. */
const typed = (text: string): number | null => (text.trim() === "" || Number.isNaN(Number(text)) ? null : Number(text));

async function outcomeOf(response: Response): Promise<Outcome> {
  const answer = (await response.json().catch(() => ({}))) as {
    destinations?: Destination[];
    hint?: string;
    message?: string;
    problems?: Fault[];
  };
  if (response.ok && answer.destinations)
    return {
      destinations: answer.destinations,
      hint: answer.hint,
      remaining: response.headers.get("x-ratelimit-remaining") ?? undefined,
    };
  const again = response.status === 429 ? " The count begins again at midnight UTC." : "";
  return {
    notice: `${answer.message ?? `The API answered with status ${response.status}.`}${again}`,
    problems: (answer.problems ?? []).map(({ path, message }) => `${path}: ${message}`),
  };
}
