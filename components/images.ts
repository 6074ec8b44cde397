/**
 * The public images every stack uses, pinned to a release. Private application images are configuration, not pins.
 * Where no registry can be reached, the local cluster builds images of these very names from Debian and npm packages.
 */
export const images = {
  /** PostgreSQL server, client and dump tools (B03, B10). UID and GID 999. */
  postgres: "docker.io/library/postgres:15.20-bookworm",
  /** Redis server and redis-cli (B06). UID and GID 999. */
  redis: "docker.io/library/redis:7.0.15-bookworm",
  /** Node.js runtime of the contract server. UID and GID 1000. */
  node: "docker.io/library/node:24.21.0-bookworm-slim",
  /** Uploads verified backups to S3 where a stack asks for it (B11). */
  rclone: "docker.io/rclone/rclone:1.71.2",
} as const;
