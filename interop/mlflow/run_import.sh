#!/usr/bin/env bash
# A history that MLflow's own server kept, read by its client from there, and from ours after
# importMlflow. Build the packages first; run.sh makes the environment. Ends with `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
venv=${MLOPS_MLFLOW_VENV:-$root/node_modules/.cache/mlflow-venv}
work=$(mktemp -d)
servers=()
trap 'for server in "${servers[@]}"; do kill "$server" 2>/dev/null; done; rm -rf "$work"' EXIT
fail() { echo "$1"; tail -n 30 "$work"/*.log; echo "0 passed, 1 failed"; exit 1; }
port=$(node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
ready() { for _ in $(seq 240); do curl -sf -o /dev/null "$1/health" && return; sleep 0.25; done; fail "$1 did not start"; }

export MLFLOW_DISABLE_TELEMETRY=true PYTHONWARNINGS=ignore
(cd "$work" && exec "$venv/bin/mlflow" server --backend-store-uri sqlite:///mlflow.db \
  --artifacts-destination ./mlartifacts --port "$port" --workers 1) >"$work/mlflow.log" 2>&1 &
servers+=($!)
ready "http://127.0.0.1:$port"
cd "$work"
"$venv/bin/python" "$root/interop/mlflow/write_history.py" "http://127.0.0.1:$port" >write.log 2>&1 || fail "the history was not written"
"$venv/bin/python" "$root/interop/mlflow/compare_history.py" dump "http://127.0.0.1:$port" mlflow.json >dump.log 2>&1 || fail "MLflow's server was not read"
kill "${servers[0]}"

bring() { node "$root/examples/mlflow-server/import.mjs" mlflow.db mlartifacts sqlite:ours.db blobs; }
bring >import.log 2>&1 || fail "the import failed"
cat import.log
grep -q '"leftOut": \[\]' import.log || fail "something was left out"
bring >again.log 2>&1 || fail "the second import failed"
grep -q '"added": [1-9]' again.log && fail "the second import added something"
node "$root/examples/mlflow-server/server.mjs" --port 0 --db sqlite:ours.db --artifacts-destination blobs >ours.log 2>&1 &
servers+=($!)
for _ in $(seq 100); do
  url=$(sed -n 's/^listening on //p' ours.log)
  [ -n "$url" ] && break
  sleep 0.1
done
ready "$url"
"$venv/bin/python" "$root/interop/mlflow/compare_history.py" dump "$url" ours.json >dump.log 2>&1 || fail "our server was not read"
if "$venv/bin/python" "$root/interop/mlflow/compare_history.py" diff mlflow.json ours.json; then
  echo "1 passed, 0 failed"
else
  echo "0 passed, 1 failed"
  exit 1
fi
