import * as z from "zod";

/** Text that Postgres can keep in JSON: without NUL, without half characters, and bounded in UTF-16 units. */
export const storableText = (longest: number) =>
  z
    .string(expected(longest))
    .max(longest, expected(longest))
    .refine((text) => !text.includes("\0") && text.isWellFormed(), expected(longest));

const expected = (longest: number) => `expected a text of at most ${longest} characters without NUL`;

/** Message for a request that is no object or has more in it than it may have. */
export const nothingBut = (names: string) => ({
  error: ({ code }: { code?: string | undefined }) =>
    code === "unrecognized_keys" ? `expected nothing but ${names}` : "expected an object",
});
