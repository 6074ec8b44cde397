import type { RequestContext } from "../role.ts";
import type { Sender } from "./client.ts";

/** Who sent a request, as far as its connection and headers say. */
export const senderOf = (context: RequestContext, trustedProxy: boolean): Sender => ({
  socketAddress: context.env.incoming.socket.remoteAddress,
  forwardedFor: context.req.header("X-Forwarded-For"),
  trustedProxy,
});
