import { readFileSync } from "node:fs";
import { checkServerIdentity, type ConnectionOptions, type PeerCertificate } from "node:tls";

/** What a server must prove before a password is sent to it, by each product's own words. */
const proofs = {
  disable: "nothing",
  require: "encryption",
  "verify-ca": "authority",
  "verify-full": "name",
  DISABLED: "nothing",
  REQUIRED: "encryption",
  VERIFY_CA: "authority",
  VERIFY_IDENTITY: "name",
} as const;

/** A mode under the name that the product has for it. */
export type TlsMode = keyof typeof proofs;

/** A server as its clients are told of it. */
export interface TlsServer {
  /** Product, for messages. */
  readonly product: string;
  /** Without `port` it is a list of brokers. */
  readonly host: string;
  readonly port?: number;
  readonly mode: TlsMode;
  /** File with the certificates of the authorities that count. @default those that Node.js brings along */
  readonly authorities?: string | undefined;
}

/**
 * Options of a connection by TLS; undefined where there is none. The file is read for each connection, so that a new
 * authority counts without a restart.
 */
export function tlsOptions({ host, mode, authorities }: TlsServer): ConnectionOptions | undefined {
  const proof = proofs[mode];
  if (proof === "nothing") return undefined;
  if (proof === "encryption") return { rejectUnauthorized: false };
  return {
    get ca() {
      return authorities === undefined ? undefined : readFileSync(authorities, "utf8");
    },
    // By the name that was asked for: libraries hand over another one where that is an address.
    checkServerIdentity: (_: string, certificate: PeerCertificate) =>
      proof === "authority" ? undefined : checkServerIdentity(host, certificate),
  };
}

/** A server that no later attempt will accept, in one sentence with what to do. */
export class TlsRefusal extends Error {}

/**
 * What went wrong and what to do about it, by the code and the message of an error, of which libraries keep one or the
 * other; the first that fits counts.
 */
const reasons: readonly (readonly [fault: RegExp, sentence: (server: TlsServer, message: string) => string])[] = [
  [
    /SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)|CERT_SIGNATURE_FAILURE|INVALID_CA|CERT_UNTRUSTED|self-signed certificate|unable to (get|verify) .*(issuer|first) cert|certificate signature failure/,
    ({ authorities }, message) =>
      `its certificate is from no authority in ${authorities ?? "Node.js's own list"} (${message.replace(/; if the root CA.*/, "")}); put the one that signed it into the key ca.crt of the Secret that tls.caSecret names`,
  ],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID|does not match certificate's altnames/,
    (_, message) =>
      `its certificate is for another name (${message.replace(/^.*altnames: /, "").trim()}); connect to a name that it has, or give the server one for this name`,
  ],
  [
    /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|certificate has expired|certificate is not yet valid/,
    (_, message) => `its certificate does not hold now (${message}); renew it`,
  ],
  [
    /HANDSHAKE_NO_SSL_SUPPORT|does not support SSL connections|WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|verify the broker supports TLS/,
    withoutTls,
  ],
  [
    /no pg_hba\.conf entry .*no encryption|(SSL|TLS) connection is required|insecure transport/i,
    (_, message) => `it takes no connection without TLS (${message}); write another tls.mode`,
  ],
  [
    /^(ERR_(SSL|TLS|OSSL)_(?!HANDSHAKE_TIMEOUT)|EPROTO|HANDSHAKE_SSL_ERROR (?!.*(ECONNRESET|EPIPE|ETIMEDOUT|socket disconnected)))/,
    (_, message) => `TLS fails (${message}); see the server's log`,
  ],
];

function withoutTls(): string {
  return "it offers no TLS; switch TLS on there, or write the mode without TLS where the network between is trusted";
}

/** The refusal that an error stands for, or the error itself. */
export function refusalOr(error: unknown, server: TlsServer): unknown {
  for (const { code, message } of errorsBehind(error) as (Error & { readonly code?: unknown })[]) {
    const found = reasons.find(([fault]) => fault.test(`${code ?? ""} ${message}`));
    const { product, host, port, mode } = server;
    if (found)
      return new TlsRefusal(
        `${product} ${host}${port === undefined ? "" : `:${port}`} is refused under tls.mode ${mode}: ${found[1](server, message)}`,
      );
  }
  return error;
}

/** The refusal that is behind an error, if there is one. */
export const refusalIn = (error: unknown): TlsRefusal | undefined =>
  errorsBehind(error).find((each) => each instanceof TlsRefusal);

/** An error, its parts and its causes. */
function errorsBehind(error: unknown): Error[] {
  if (!(error instanceof Error)) return [];
  return [
    error,
    ...(error instanceof AggregateError ? error.errors.flatMap(errorsBehind) : []),
    ...errorsBehind(error.cause),
  ];
}
