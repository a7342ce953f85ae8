#!/usr/bin/env bash
# A throw-away S3 server for tests: moto from PyPI, told to check signatures and policies.
#   tools/s3.sh start DIR   installs it into DIR, starts it with the bucket `test`, prints its URL, the
#                           credentials in it, on the last line
#   tools/s3.sh stop DIR    stops it and removes DIR
# Use: export MLOPS_TEST_S3_URL=$(tools/s3.sh start DIR | tail -1)
set -euo pipefail

case "${1:-}" in
start)
  dir=${2:?"usage: tools/s3.sh start DIR"}
  mkdir -p "$dir"
  python3 -m venv "$dir/python" >&2
  "$dir/python/bin/pip" install --quiet --disable-pip-version-check moto==5.2.5 boto3==1.44.5 botocore==1.44.5 py-partiql-parser==0.6.3 PyYAML flask==3.1.3 flask-cors==6.0.5 >&2
  port=$(node -e "const s=require('node:net').createServer().listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})")
  # The first three requests, which make a user, need no signature; all later ones do.
  INITIAL_NO_AUTH_ACTION_COUNT=3 "$dir/python/bin/moto_server" -H 127.0.0.1 -p "$port" >"$dir/log" 2>&1 &
  echo $! >"$dir/pid"
  "$dir/python/bin/python" - "$port" "$dir/log" <<'PY'
import json, socket, sys, time
import boto3

port, log = sys.argv[1:]
for _ in range(150):
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", int(port))) == 0:
            break
    time.sleep(0.2)
else:
    sys.exit(open(log).read())
endpoint = {"endpoint_url": f"http://127.0.0.1:{port}", "region_name": "us-east-1"}
iam = boto3.client("iam", aws_access_key_id="none", aws_secret_access_key="none", **endpoint)
iam.create_user(UserName="test")
policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
iam.put_user_policy(UserName="test", PolicyName="all", PolicyDocument=json.dumps(policy))
key = iam.create_access_key(UserName="test")["AccessKey"]
access = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
boto3.client("s3", **access, **endpoint).create_bucket(Bucket="test")
from urllib.parse import quote
print(f"http://{quote(key['AccessKeyId'], '')}:{quote(key['SecretAccessKey'], '')}@127.0.0.1:{port}")
PY
  ;;
stop)
  dir=${2:?"usage: tools/s3.sh stop DIR"}
  kill "$(cat "$dir/pid")" 2>/dev/null || true
  rm -rf "$dir"
  ;;
*)
  sed -n '2,6p' "$0" >&2
  exit 2
  ;;
esac
