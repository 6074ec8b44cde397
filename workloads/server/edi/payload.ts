/** A payload that no further attempt can make valid; the message is for the partner who sent it. */
export class InvalidPayload extends Error {}

/** Largest payload in bytes: two of them escaped still fit the smallest default packet of the database servers. */
export const payloadLimit = 1024 * 1024;

/** A payload that has been read and checked. */
export interface EdiDocument {
  /** Who sent it, as its envelope says; empty when it does not. */
  readonly sender: string;
  /** Type of its first message; empty when it does not say. */
  readonly messagetype: string;
  /** All segments, those of the envelopes too. */
  readonly segments: number;
  /** The document that tells the sender it was accepted. `id` becomes its control number. */
  acknowledgement(id: number, now: Date): string;
}

/** A way to write documents. */
export interface Format {
  /** What its acknowledgements are called. */
  readonly kind: string;
  /** Whether a payload looks like it. */
  matches(payload: string): boolean;
  /** Throws `InvalidPayload`. */
  read(payload: string): EdiDocument;
}

/** Date and time in UTC as envelopes write them. */
export function stamp(now: Date): { readonly yymmdd: string; readonly yyyymmdd: string; readonly hhmm: string } {
  const digits = now.toISOString().replace(/\D/g, "");
  return { yymmdd: digits.slice(2, 8), yyyymmdd: digits.slice(0, 8), hhmm: digits.slice(8, 12) };
}
