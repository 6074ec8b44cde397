import { isIP } from "node:net";

/** What is known about the sender of a request. */
export interface Sender {
  /** Address of the socket's other end. */
  readonly socketAddress: string | undefined;
  /** Value of X-Forwarded-For. */
  readonly forwardedFor: string | undefined;
  /** Whether the other end is a proxy whose X-Forwarded-For can be believed. */
  readonly trustedProxy: boolean;
}

/**
 * The client's address. Of X-Forwarded-For only the last hop counts, because the trusted proxy wrote that one itself;
 * the hops before it come from the client, who could write a new one for each request.
 */
export function clientAddress({ socketAddress, forwardedFor, trustedProxy }: Sender): string {
  const lastHop = forwardedFor?.split(",").at(-1)?.trim() ?? "";
  const address = trustedProxy && isIP(lastHop) ? lastHop : (socketAddress ?? "unknown");
  // An IPv4 client of a socket that listens on both families is the same client.
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}

/** X-Forwarded-For for a request made on behalf of a client: its last hop is that client. */
export function forwardedFor(sender: Sender): string {
  if (sender.trustedProxy && isIP(sender.forwardedFor?.split(",").at(-1)?.trim() ?? "")) return sender.forwardedFor!;
  return [sender.forwardedFor, clientAddress(sender)].filter(Boolean).join(", ");
}

/** Whether a name that a proxy gave can be a user: it becomes part of a key. */
export const isUserId = (value: string): boolean => /^[A-Za-z0-9._-]{1,64}$/.test(value);
