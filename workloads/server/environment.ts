import { readFileSync } from "node:fs";
import * as z from "zod";
import type { Program } from "./role.ts";

/** Every message is the end of the sentence "expected …". */
export const variable = (expected: string, accepts: (value: string) => boolean) =>
  z.string({ error: expected }).refine(accepts, { error: expected });

/** A whole number between two bounds. */
export function whole(minimum: number, maximum: number, fallback: number) {
  const accepts = (value: string) => /^\d{1,12}$/.test(value) && Number(value) >= minimum && Number(value) <= maximum;
  return variable(`a whole number from ${minimum} to ${maximum}`, accepts).default(String(fallback)).transform(Number);
}

/** "true" or "false". */
export const flag = (fallback: boolean) =>
  z
    .enum(["true", "false"], { error: '"true" or "false"' })
    .default(fallback ? "true" : "false")
    .transform((value) => value === "true");

/** Text without blanks. */
export const word = (expected: string) => variable(expected, (value) => /^\S+$/.test(value));

/** Base address of another service, without credentials and without a slash at its end. */
export const baseUrl = variable("an http or https address without credentials", (value) => {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return /^https?:$/.test(protocol) && username === "" && password === "";
}).transform((value) => value.replace(/\/+$/, ""));

/** The secret in a file, without the line end that editors leave; undefined when there is none. */
export function readSecret(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").replace(/\r?\n$/, "") || undefined;
  } catch {
    return undefined;
  }
}

/** Path of a file that holds a secret. */
export const secretFile = variable(
  "the path of a readable file that is not empty",
  (path) => readSecret(path) !== undefined,
);

/** What the server itself reads, whatever its role. */
const serverVariables = {
  PORT: whole(1, 65535, 8080),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"], { error: "debug, info, warn or error" }).default("info"),
  SHUTDOWN_GRACE_SECONDS: whole(1, 3600, 20),
};

export type ServerEnvironment = z.output<z.ZodObject<typeof serverVariables>>;

/** All faults of an environment, one sentence each. */
export class EnvironmentError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the environment is not valid: ${problems.join("; ")}`);
    this.problems = problems;
  }
}

/**
 * The program that ROLE names, and the values of everything it and the server read. Throws an EnvironmentError with all
 * faults.
 */
export function readEnvironment(source: NodeJS.ProcessEnv, programs: readonly Program[]) {
  const program = programs.find(({ name }) => name === source["ROLE"]);
  const names = programs.map(({ name }) => name);
  const expected = `one of ${names.join(", ")}`;
  const schema = z.object({
    ...serverVariables,
    ROLE: z.enum(names, { error: expected }),
    ...program?.variables.shape,
  });
  const result = schema.safeParse(source);
  if (!result.success) {
    throw new EnvironmentError(
      result.error.issues.map(({ path, message }) => problem(String(path[0]), source[String(path[0])], message)),
    );
  }
  const values = result.data as ServerEnvironment & Record<string, unknown>;
  return { program: program!, values };
}

/** Credentials in an address are refused and must not reach the log either. */
function problem(name: string, value: string | undefined, expected: string): string {
  const shown = value === undefined ? " is not set" : `=${JSON.stringify(value.replace(/\/\/[^/]*@/, "//***@"))}`;
  return `${name}${shown}: expected ${expected}`;
}
