/** The parts of an image reference. */
export interface ImageReference {
  /** `docker.io/library/postgres`, with the registry's port where it has one. */
  readonly repository: string;
  /** The repository's last part: `postgres`. */
  readonly name: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** Takes `registry:5000/team/name:tag@sha256:…` apart; a colon before the last slash is a port, not a tag. */
export function parseImage(image: string): ImageReference {
  const [named = "", digest] = image.split("@");
  const slash = named.lastIndexOf("/");
  const colon = named.indexOf(":", slash);
  const repository = colon === -1 ? named : named.slice(0, colon);
  return {
    repository,
    name: repository.slice(slash + 1),
    ...(colon === -1 ? {} : { tag: named.slice(colon + 1) }),
    ...(digest === undefined ? {} : { digest }),
  };
}
