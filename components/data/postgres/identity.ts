/** UID and GID of the user `postgres` in the upstream Debian images. */
export const postgresIdentity = { uid: 999, gid: 999 };
