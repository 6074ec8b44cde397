import type { Program } from "../pins.ts";
import type { ImageConfig } from "./archive.ts";

/** A file of the machine that goes into an image. */
export interface CopiedFile {
  readonly from: string;
  readonly to: string;
}

/** How an image is made: Debian packages with a user and some files, or files alone. */
export interface Recipe {
  readonly name: string;
  readonly packages?: readonly string[];
  /** Debian's release that the packages come from. @default bookworm */
  readonly suite?: "bookworm" | "sid";
  /** User made before the packages' own scripts could, so that it has the upstream image's number. */
  readonly user?: { readonly name: string; readonly id: number; readonly home: string };
  readonly files: readonly CopiedFile[];
  /** Go program among `files`; it is built before the image. */
  readonly program?: Program;
  /** A pom whose dependencies go into the folder `to`; dependencies.sha256 beside it lists them all. */
  readonly maven?: { readonly pom: string; readonly to: string };
  /** Shell commands with the image's root as $1, after the packages are installed. */
  readonly afterwards?: readonly string[];
  readonly config: ImageConfig;
}

/** What an image says about itself, after the name it stands in for. */
export const standIn = (what: string) => `Built on this machine because no image registry can be reached: ${what}`;
