import { createServer } from "node:net";

/** Why nobody can listen on a port of loopback; undefined where one can. */
export function whyTaken(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer().on("error", ({ code }: NodeJS.ErrnoException) =>
      resolve(code === "EADDRINUSE" ? "is another program's" : `cannot be opened (${code})`),
    );
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(undefined)));
  });
}
