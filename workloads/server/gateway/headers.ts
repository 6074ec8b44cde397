import { forwardedFor, type Sender } from "../http/client.ts";
import { clientHeader, type Front, userHeader } from "../http/front.ts";

/**
 * Headers that concern one connection and not what is said over it, and `expect`, which the server has answered itself.
 */
const hopByHop = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
];

/** Describe a body as it was sent: the proxy passes it on unpacked and counts anew. */
const framing = ["content-length", "content-encoding"];

/** The headers to pass on: neither those of one connection nor those that Connection names as such. */
export function endToEnd(headers: Headers): Headers {
  const named = (headers.get("connection") ?? "").split(",").map((name) => name.trim().toLowerCase());
  const dropped = new Set([...hopByHop, ...framing, ...named]);
  return new Headers([...headers].filter(([name]) => !dropped.has(name)));
}

/**
 * The headers of the request to the upstream: the client's own, with its address and the request's id, and with a name
 * only where a proxy gave it.
 */
export function upstreamHeaders(
  headers: Headers,
  sender: Sender,
  { authenticatingProxy }: Front,
  requestId: string,
): Headers {
  const passed = endToEnd(headers);
  passed.delete("host");
  if (!authenticatingProxy) for (const name of [clientHeader, userHeader]) passed.delete(name);
  passed.set("accept-encoding", "identity");
  passed.set("x-forwarded-for", forwardedFor(sender));
  passed.set("x-request-id", requestId);
  return passed;
}
