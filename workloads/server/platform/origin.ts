import { clientAddress, isUserId } from "../http/client.ts";
import { type Front, nameIn, userHeader } from "../http/front.ts";
import { invalidRequest } from "../http/problem.ts";
import { senderOf } from "../http/sender.ts";
import type { RequestContext } from "../role.ts";
import type { Origin } from "./audit-events.ts";

/** Who sent a request, for the audit log. The address stands beside the name that an authenticating proxy gave. */
export function originOf(context: RequestContext, front: Front): Origin {
  const user = nameIn(context, userHeader, front);
  if (user !== undefined && !isUserId(user))
    throw invalidRequest([
      { path: userHeader, message: "expected 1 to 64 letters, digits, dots, hyphens or underscores" },
    ]);
  return {
    actor: user ?? "anonymous",
    address: clientAddress(senderOf(context, front.trustedProxy)),
    requestId: context.get("requestId"),
  };
}
