import { flag } from "../environment.ts";
import type { RequestContext } from "../role.ts";

/** What stands between the clients and a program. */
export interface Front {
  /** Whether it adds the client's address to X-Forwarded-For. */
  readonly trustedProxy: boolean;
  /**
   * Whether it logs clients in, names them in X-User-Id or X-Client-Id, and removes what they write there themselves.
   */
  readonly authenticatingProxy: boolean;
}

/** Variables of a role that clients reach through a proxy. Nothing is believed unless it is set. */
export const frontVariables = { TRUSTED_PROXY: flag(false), TRUSTED_IDENTITY: flag(false) };

/** The front that `frontVariables` describe. */
export const frontOf = (environment: {
  readonly TRUSTED_PROXY: boolean;
  readonly TRUSTED_IDENTITY: boolean;
}): Front => ({ trustedProxy: environment.TRUSTED_PROXY, authenticatingProxy: environment.TRUSTED_IDENTITY });

/** Name of the header in which an authenticating proxy says who the user is. */
export const userHeader = "X-User-Id";

/** Name of the header in which an authenticating proxy says which program or partner the client is. */
export const clientHeader = "X-Client-Id";

/** The name that an authenticating proxy gave; undefined where it gave none, and where there is no such proxy. */
export const nameIn = (
  context: RequestContext,
  header: typeof userHeader | typeof clientHeader,
  { authenticatingProxy }: Front,
): string | undefined => (authenticatingProxy ? context.req.header(header) : undefined);
