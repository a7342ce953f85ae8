#!/usr/bin/env bash
# ClickHouse for tests, as chDB in a Python environment below the temporary folder (about 600 MB).
#   tools/chdb.sh [DIR]   makes it once, prints its interpreter on the last line
# Use: export MLOPS_TEST_CHDB_PYTHON=$(tools/chdb.sh | tail -1)
set -euo pipefail

pins="chdb==4.4.0 chdb-core==26.9.0"
dir=${1:-${TMPDIR:-/tmp}/mlops-chdb-26.9.0}
if [ ! -e "$dir/.ready" ]; then
  rm -rf "$dir"
  python3 -m venv "$dir" >&2
  # Without its optional packages: pandas and Arrow are not needed to answer in JSON.
  # shellcheck disable=SC2086
  "$dir/bin/pip" install --quiet --disable-pip-version-check --no-deps $pins >&2
  "$dir/bin/python" -c 'import chdb; chdb.query("SELECT 1")' >&2
  touch "$dir/.ready"
fi
echo "$dir/bin/python"
