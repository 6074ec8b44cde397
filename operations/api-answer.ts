import { ApiException } from "@kubernetes/client-node";

/** What the API server says in an error; the client's own text would repeat every header. */
export function answerOf(error: unknown): string {
  if (!(error instanceof ApiException)) return error instanceof Error ? causes(error) : String(error);
  const body: unknown =
    typeof error.body === "string" && error.body.startsWith("{") ? JSON.parse(error.body) : error.body;
  return (body as { message?: string } | undefined)?.message ?? String(error.body);
}

/** `fetch failed` alone says nothing: its cause does. */
function causes({ message, cause }: Error): string {
  return cause instanceof Error && cause.message !== "" && !message.includes(cause.message)
    ? `${message}: ${cause.message}`
    : message;
}

/** Whether the API server answered with this status. */
export const hasStatus = (error: unknown, ...codes: readonly number[]): boolean =>
  error instanceof ApiException && codes.includes(error.code);

/** What is there, or `undefined` where there is none. */
export async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}
