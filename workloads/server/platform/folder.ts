import { normalize } from "node:path";
import * as z from "zod";

const expected = "an absolute path of a folder that is not the root";

/** Path of a folder to work in. */
export const folder = z
  .string({ error: expected })
  .refine((path) => /^\/\S+$/.test(path) && normalize(path) !== "/", { error: expected });
