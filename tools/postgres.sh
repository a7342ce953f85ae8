#!/usr/bin/env bash
# A throw-away PostgreSQL server for tests.
#   tools/postgres.sh start [DIR] [PORT]   makes a cluster in DIR (default: a new temporary
#                                          directory), starts it, prints its URL on the last line
#   tools/postgres.sh restart DIR          cuts every connection and starts it again, as after a crash
#   tools/postgres.sh stop DIR             stops it and removes DIR
# Use: export MLOPS_TEST_POSTGRES_URL=$(tools/postgres.sh start | tail -1)
set -euo pipefail

bin_dir() {
  if command -v initdb >/dev/null 2>&1; then
    dirname "$(readlink -f "$(command -v initdb)")"
    return
  fi
  local found
  found=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
  if [ -z "$found" ]; then
    echo "PostgreSQL is not installed: apt-get install postgresql" >&2
    exit 1
  fi
  echo "$found"
}

free_port() {
  node -e "const s=require('node:net').createServer().listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})"
}

# The server refuses to run as root.
as_owner() {
  if [ "$(id -u)" = 0 ]; then
    runuser -u postgres -- "$@"
  else
    "$@"
  fi
}

case "${1:-}" in
start)
  bin=$(bin_dir)
  dir=${2:-$(mktemp -d /tmp/mlops-postgres.XXXXXX)}
  port=${3:-$(free_port)}
  mkdir -p "$dir"
  if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; fi
  cd "$dir"
  as_owner "$bin/initdb" -D "$dir/data" -U mlops --auth=trust -E UTF8 --locale=C.UTF-8 >/dev/null
  as_owner "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/log" -o "-p $port -k $dir -c listen_addresses=127.0.0.1 -c max_connections=200" start >/dev/null
  as_owner "$bin/createdb" -h 127.0.0.1 -p "$port" -U mlops mlops_test
  echo "directory: $dir" >&2
  echo "postgres://mlops@127.0.0.1:$port/mlops_test"
  ;;
restart)
  bin=$(bin_dir)
  dir=${2:?"usage: tools/postgres.sh restart DIR"}
  cd "$dir"
  as_owner "$bin/pg_ctl" -D "$dir/data" -m immediate -w -l "$dir/log" restart >/dev/null
  ;;
stop)
  bin=$(bin_dir)
  dir=${2:?"usage: tools/postgres.sh stop DIR"}
  cd "$dir"
  as_owner "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null
  cd /
  rm -rf "$dir"
  ;;
*)
  sed -n '2,7p' "$0" >&2
  exit 2
  ;;
esac
