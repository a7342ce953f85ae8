#!/usr/bin/env bash
# Executes examples/notebook/*.ipynb in Deno's Jupyter kernel, driven by nbclient. Needs Python 3 with venv; both are
# installed into a temporary folder.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --disable-pip-version-check nbclient==0.11.0 nbformat==5.11.1
mkdir "$work/deno" && echo '{"private":true}' >"$work/deno/package.json"
(cd "$work/deno" && npm install --silent --no-audit --no-fund deno@2.9.6 2>/dev/null)
"$work/python/bin/python" tools/run-notebooks.py "$work/deno/node_modules/.bin/deno" "$@"
