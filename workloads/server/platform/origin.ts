import { clientAddress, isUserId, userHeader } from "../http/client.ts";
import { invalidRequest } from "../http/problem.ts";
import { senderOf } from "../http/sender.ts";
import type { RequestContext } from "../role.ts";
import type { Origin } from "./audit-events.ts";

/** Who sent a request, for the audit log. The address stands beside the name, because anybody can send a name. */
export function originOf(context: RequestContext, trustedProxy: boolean): Origin {
  const user = context.req.header(userHeader);
  if (user !== undefined && !isUserId(user)) throw invalidRequest([{ path: userHeader, message: "expected 1 to 64 letters, digits, dots, hyphens or underscores" }]);
  return { actor: user ?? "anonymous", address: clientAddress(senderOf(context, trustedProxy)), requestId: context.get("requestId") };
}
