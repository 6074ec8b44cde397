import { readFileSync } from "node:fs";
import { connect as connectPlain } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { refusalOr, type TlsMode, tlsOptions, TlsRefusal, type TlsServer } from "./tls.ts";

/** Where an external Redis is, and what it is for. */
interface Environment {
  readonly server: TlsServer & { readonly port: number };
  readonly user: string | undefined;
  readonly password: string;
  readonly role: string | undefined;
  readonly waitSeconds: number;
}

/** A verdict that no later attempt would change. */
class Verdict extends Error {}

/** Sends commands on a connection of their own, and returns the whole answer. */
function ask({ server, user, password }: Environment): Promise<string> {
  const bulk = (...words: readonly string[]) =>
    `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
  const commands = [bulk("AUTH", ...(user ? [user] : []), password), bulk("INFO", "memory"), bulk("QUIT")].join("");
  const { host, port } = server;
  return new Promise((resolve, reject) => {
    const options = tlsOptions(server);
    let answer = "";
    const socket = options ? connectTls({ ...options, host, port }, begin) : connectPlain({ host, port }, begin);
    function begin() {
      socket.write(commands);
    }
    // Redis without TLS waits for the end of a line that a handshake does not have.
    const silence = options
      ? "it answers no TLS within 5 s; switch TLS on there, or write tls.mode: disable where the network between is trusted"
      : "no answer within 5 s";
    socket.setTimeout(5_000, () => socket.destroy(new Error(silence)));
    socket.on("data", (data: Buffer) => (answer += data.toString()));
    socket.once("error", (error) => reject(refusalOr(error, server)));
    socket.once("close", () =>
      answer === ""
        ? reject(new Error("it closed the connection without an answer: it may want TLS, or another port"))
        : resolve(answer),
    );
  });
}

/** Throws what is wrong with a server by its answer to a login and to `INFO memory`. */
export function judge(
  answer: string,
  { server: { host, port }, user, role }: Pick<Environment, "server" | "user" | "role">,
): string {
  const at = `Redis ${host}:${port}`;
  const [login = ""] = answer.split("\r\n");
  if (login !== "+OK")
    throw new Verdict(
      `${at} refuses the login as ${user ?? "default"} (${login.slice(1)}): see the key password of the Secret that passwordSecret names, and the user`,
    );
  const policy = /^maxmemory_policy:(\S+)/m.exec(answer)?.[1];
  if (policy === undefined)
    throw new Verdict(
      `${at} does not tell its maxmemory-policy (${answer.split("\r\n")[1]?.slice(1) ?? "no answer"}): let the user run INFO`,
    );
  if (role === "state" && !/^(noeviction|volatile-)/.test(policy))
    throw new Verdict(
      `${at} has maxmemory-policy ${policy} and may drop any key when its memory is full, and this system keeps state in it: set noeviction or a volatile- policy there`,
    );
  return `${at} takes the login; maxmemory-policy is ${policy}`;
}

/** What the server says, after waiting for one that does not answer. */
export async function check(environment: Environment, say: (line: string) => void): Promise<string> {
  for (let waited = 0; ; waited += 3) {
    try {
      return judge(await ask(environment), environment);
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof TlsRefusal || error instanceof Verdict) throw error;
      const { host, port } = environment.server;
      if (waited >= environment.waitSeconds)
        throw new Verdict(`Redis ${host}:${port} cannot be used after ${waited} s: ${message}`);
      if (waited % 15 === 0) say(`waiting for ${host}:${port}: ${message}`);
      await sleep(3_000);
    }
  }
}

if (import.meta.main) {
  const {
    REDIS_HOST,
    REDIS_PORT,
    REDIS_USERNAME,
    REDIS_PASSWORD_FILE,
    REDIS_TLS_MODE,
    REDIS_TLS_CA,
    REDIS_ROLE,
    WAIT_SECONDS = "60",
  } = process.env;
  const server = {
    product: "Redis",
    host: REDIS_HOST!,
    port: Number(REDIS_PORT),
    mode: REDIS_TLS_MODE as TlsMode,
    authorities: REDIS_TLS_CA,
  };
  const password = readFileSync(REDIS_PASSWORD_FILE!, "utf8").replace(/\r?\n$/, "");
  await check(
    { server, user: REDIS_USERNAME, password, role: REDIS_ROLE, waitSeconds: Number(WAIT_SECONDS) },
    console.log,
  ).then(console.log, (error: Error) => {
    console.error(`FAILED: ${error.message}`);
    process.exitCode = 1;
  });
}
