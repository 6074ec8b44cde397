import { readFileSync } from "node:fs";
import type { RequestOptions } from "node:https";

/** How to ask an API server without a client library. */
export interface PlainAccess {
  readonly server: string;
  readonly options: RequestOptions;
}

/** The fields of a cluster and of a user that are understood here. */
const clusterFields = [
  "server",
  "certificate-authority",
  "certificate-authority-data",
  "insecure-skip-tls-verify",
  "tls-server-name",
];
const userFields = [
  "client-certificate",
  "client-certificate-data",
  "client-key",
  "client-key-data",
  "token",
  "tokenFile",
];

type Fields = Readonly<Record<string, unknown>>;

/**
 * The access of a kubeconfig with one context, where certificates or a token open the API server; `undefined` where it
 * takes more, such as a login
 * program or a proxy. Throws where a file that it names cannot be read.
 */
export function plainAccess(kubeconfig: Fields): PlainAccess | undefined {
  const only = (list: string, entry: string) =>
    (((kubeconfig[list] ?? []) as readonly Fields[])[0]?.[entry] as Fields | undefined) ?? {};
  const [cluster, user] = [only("clusters", "cluster"), only("users", "user")];
  const said = (fields: Fields) =>
    Object.keys(fields).filter((name) => fields[name] !== undefined && fields[name] !== "");
  if (
    said(cluster).some((name) => !clusterFields.includes(name)) ||
    said(user).some((name) => !userFields.includes(name))
  )
    return undefined;
  const content = (fields: Fields, name: string): Buffer | undefined => {
    if (fields[`${name}-data`]) return Buffer.from(String(fields[`${name}-data`]), "base64");
    return fields[name] ? readFileSync(String(fields[name])) : undefined;
  };
  // Of a token and its file the file counts, since it is renewed.
  const token = user["tokenFile"] ? readFileSync(String(user["tokenFile"]), "utf8").trim() : user["token"];
  return {
    server: String(cluster["server"]).replace(/\/+$/, ""),
    options: {
      ca: content(cluster, "certificate-authority"),
      cert: content(user, "client-certificate"),
      key: content(user, "client-key"),
      rejectUnauthorized: cluster["insecure-skip-tls-verify"] !== true,
      ...(cluster["tls-server-name"] ? { servername: String(cluster["tls-server-name"]) } : {}),
      headers: { Accept: "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    },
  };
}
