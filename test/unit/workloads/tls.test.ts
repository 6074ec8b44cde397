import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PeerCertificate } from "node:tls";
import test from "ava";
import { judge } from "../../../workloads/server/data/redis-check.ts";
import { refusalIn, refusalOr, TlsRefusal, tlsOptions, type TlsServer } from "../../../workloads/server/data/tls.ts";
import { authoritiesFile, tlsMode } from "../../../workloads/server/data/tls-variables.ts";

const folder = mkdtempSync(join(tmpdir(), "tls-"));
test.after.always(() => rmSync(folder, { recursive: true }));
const server: TlsServer = {
  product: "MySQL",
  host: "db.example.com",
  port: 3306,
  mode: "VERIFY_IDENTITY",
  authorities: "/ca.crt",
};
const failed = (code: string, message: string) => Object.assign(new Error(message), { code });
const certificateOf = (name: string) =>
  ({ subjectaltname: `DNS:${name}`, subject: { CN: name } }) as unknown as PeerCertificate;

test("a mode that proves the name compares it with the one that was asked for, whatever a library hands over", (t) => {
  const check = (mode: TlsServer["mode"]) =>
    tlsOptions({ ...server, mode, authorities: undefined })!.checkServerIdentity!;
  for (const mode of ["VERIFY_IDENTITY", "verify-full"] as const) {
    t.is(check(mode)("localhost", certificateOf("db.example.com")), undefined, mode);
    t.is(
      (check(mode)("localhost", certificateOf("localhost")) as Error & { code: string }).code,
      "ERR_TLS_CERT_ALTNAME_INVALID",
      mode,
    );
  }
  for (const mode of ["VERIFY_CA", "verify-ca"] as const)
    t.is(check(mode)("localhost", certificateOf("localhost")), undefined, mode);
  for (const mode of ["DISABLED", "disable"] as const) t.is(tlsOptions({ ...server, mode }), undefined, mode);
  for (const mode of ["REQUIRED", "require"] as const)
    t.deepEqual(tlsOptions({ ...server, mode }), { rejectUnauthorized: false }, mode);
});

test("each fault of TLS is one sentence with the server, the mode and what to do; other errors stay as they are", (t) => {
  const prefix = "MySQL db.example.com:3306 is refused under tls.mode VERIFY_IDENTITY: ";
  const sentences = [
    [
      failed("SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain"),
      "its certificate is from no authority in /ca.crt (self-signed certificate in certificate chain); put the one that signed it into the key ca.crt of the Secret that tls.caSecret names",
    ],
    [
      failed("CERT_HAS_EXPIRED", "certificate has expired"),
      "its certificate does not hold now (certificate has expired); renew it",
    ],
    [
      failed("HANDSHAKE_NO_SSL_SUPPORT", "Server does not support secure connection"),
      "it offers no TLS; switch TLS on there, or write the mode without TLS where the network between is trusted",
    ],
    [
      failed("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "unsupported protocol"),
      "TLS fails (unsupported protocol); see the server's log",
    ],
    [
      failed("ER_SECURE_TRANSPORT_REQUIRED", "Connections using insecure transport are prohibited"),
      "it takes no connection without TLS (Connections using insecure transport are prohibited); write another tls.mode",
    ],
  ] as const;
  for (const [error, sentence] of sentences) {
    for (const wrapped of [
      error,
      new Error("outer", { cause: error }),
      new AggregateError([failed("ECONNREFUSED", "refused"), error]),
    ]) {
      const refusal = refusalOr(wrapped, server);
      t.true(refusal instanceof TlsRefusal, error.message);
      t.is((refusal as Error).message, prefix + sentence);
    }
  }
  const away = failed("ECONNREFUSED", "connect ECONNREFUSED");
  // A server that restarts during a handshake is away, whatever a library calls it.
  for (const error of [
    away,
    failed("HANDSHAKE_SSL_ERROR", "read ECONNRESET"),
    failed("ERR_TLS_HANDSHAKE_TIMEOUT", "TLS handshake timeout"),
  ])
    t.is(refusalOr(error, server), error);
  t.is(refusalIn(new Error("outer", { cause: refusalOr(sentences[0][0], server) }))?.message, prefix + sentences[0][1]);
  t.is(refusalIn(away), undefined);
});

test("a mode that a product does not have, and a file without a certificate, are no values of the environment", (t) => {
  const mode = tlsMode("disable", "require", "verify-ca", "verify-full");
  t.is(mode.parse(undefined), "disable");
  t.is(mode.safeParse("prefer").error?.issues[0]?.message, "one of disable, require, verify-ca, verify-full");
  const file = join(folder, "ca.crt");
  writeFileSync(file, "no certificate");
  for (const path of [file, join(folder, "nowhere")])
    t.is(
      authoritiesFile.safeParse(path).error?.issues[0]?.message,
      "the path of a readable file with certificates in PEM",
    );
  writeFileSync(file, "-----BEGIN CERTIFICATE-----\n");
  t.is(authoritiesFile.parse(file), file);
});

const answer = (policy: string) =>
  ["+OK", "$99", "# Memory", "used_memory:1", `maxmemory_policy:${policy}`, "+OK", ""].join("\r\n");
const asked = (role: string) => ({
  server: { product: "Redis", host: "redis.example.com", port: 6380, mode: "verify-full" } as const,
  user: undefined,
  role,
});

test("a Redis that may drop any key is refused for state and taken for a cache (G03, G04)", (t) => {
  for (const policy of ["allkeys-lru", "allkeys-lfu", "allkeys-random"]) {
    t.throws(() => judge(answer(policy), asked("state")), {
      message: `Redis redis.example.com:6380 has maxmemory-policy ${policy} and may drop any key when its memory is full, and this system keeps state in it: set noeviction or a volatile- policy there`,
    });
    t.is(
      judge(answer(policy), asked("cache")),
      `Redis redis.example.com:6380 takes the login; maxmemory-policy is ${policy}`,
    );
  }
  for (const policy of ["noeviction", "volatile-ttl", "volatile-lru"])
    t.is(
      judge(answer(policy), asked("state")),
      `Redis redis.example.com:6380 takes the login; maxmemory-policy is ${policy}`,
    );
});

test("a Redis that refuses the login, or does not tell its policy, is refused with its own words (G03)", (t) => {
  t.throws(
    () =>
      judge(
        "-WRONGPASS invalid username-password pair or user is disabled.\r\n-NOAUTH Authentication required.\r\n",
        asked("cache"),
      ),
    {
      message:
        "Redis redis.example.com:6380 refuses the login as default (WRONGPASS invalid username-password pair or user is disabled.): see the key password of the Secret that passwordSecret names, and the user",
    },
  );
  t.throws(
    () => judge("+OK\r\n-NOPERM this user has no permissions to run the 'info' command\r\n+OK\r\n", asked("state")),
    {
      message:
        "Redis redis.example.com:6380 does not tell its maxmemory-policy (NOPERM this user has no permissions to run the 'info' command): let the user run INFO",
    },
  );
});
