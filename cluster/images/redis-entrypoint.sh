#!/bin/sh
# Starts Redis as the official image does: options or a configuration file alone mean redis-server.
set -e
if [ "${1#-}" != "$1" ] || [ "${1%.conf}" != "$1" ]; then set -- redis-server "$@"; fi
if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
  chown -R redis:redis .
  exec setpriv --reuid=redis --regid=redis --clear-groups "$0" "$@"
fi
# Debian's build answers nobody but loopback while there is no password; the official image leaves that to its user.
if [ "$1" = redis-server ]; then set -- "$@" --protected-mode no; fi
if [ "$(umask)" = 0022 ]; then umask 0077; fi
exec "$@"
