import { forwardedFor, type Sender } from "../http/client.ts";

/** In this header a trusted proxy names the client; it must replace or remove what clients send under this name. */
export const clientHeader = "X-Client-Id";

/** Headers that concern one connection and not what is said over it, and `expect`, which the server has answered itself. */
const hopByHop = ["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect"];

/** Describe a body as it was sent: the proxy passes it on unpacked and counts anew. */
const framing = ["content-length", "content-encoding"];

/** The headers to pass on: neither those of one connection nor those that Connection names as such. */
export function endToEnd(headers: Headers): Headers {
  const named = (headers.get("connection") ?? "").split(",").map((name) => name.trim().toLowerCase());
  const dropped = new Set([...hopByHop, ...framing, ...named]);
  return new Headers([...headers].filter(([name]) => !dropped.has(name)));
}

/** The headers of the request to the upstream: the client's own, with its address and the request's id. */
export function upstreamHeaders(headers: Headers, sender: Sender, requestId: string): Headers {
  const passed = endToEnd(headers);
  passed.delete("host");
  if (!sender.trustedProxy) passed.delete(clientHeader);
  passed.set("accept-encoding", "identity");
  passed.set("x-forwarded-for", forwardedFor(sender));
  passed.set("x-request-id", requestId);
  return passed;
}
