import type * as z from "zod";
import { type Fault, HttpProblem } from "./problem.ts";

/** Largest request body, in bytes. */
export const bodyLimit = 64 * 1024;

/** The body as text. Reads no further than the limit, whatever Content-Length says. */
export async function readText(request: Request): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > bodyLimit) {
      throw new HttpProblem(413, "body_too_large", `The body is larger than ${bodyLimit} bytes.`, {
        headers: { connection: "close" },
      });
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** A valid value, or every reason why there is none. */
export type Parsed<T> =
  | { readonly value: T; readonly faults?: never }
  | { readonly value?: never; readonly faults: readonly Fault[] };

/** Parses a JSON text against a schema. */
export function parseJson<S extends z.ZodType>(text: string, schema: S): Parsed<z.output<S>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { faults: [{ path: "body", message: "expected a JSON document" }] };
  }
  const result = schema.safeParse(json);
  if (result.success) return { value: result.data };
  return { faults: result.error.issues.map(({ path, message }) => ({ path: path.join(".") || "body", message })) };
}
