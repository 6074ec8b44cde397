/** One fault of a request: where it is and what was expected. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

type Status = 400 | 404 | 405 | 409 | 413 | 429 | 502 | 503 | 504;

/** An answer that is not the wanted one; handlers throw it, and clients get it as JSON. */
export class HttpProblem extends Error {
  readonly status: Status;
  /** Name for programs, in snake case. */
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: Status,
    code: string,
    message: string,
    {
      details = {},
      headers = {},
      cause,
    }: { details?: Record<string, unknown>; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.status = status;
    this.code = code;
    this.details = details;
    this.headers = headers;
  }
}

/** The 400 that lists every fault of a request. */
export const invalidRequest = (problems: readonly Fault[]): HttpProblem =>
  new HttpProblem(400, "invalid_request", "The request is not valid.", { details: { problems } });
