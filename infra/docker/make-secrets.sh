#!/usr/bin/env bash
# Makes what a deployment needs to be its own: keys, passwords, connection URLs, and an authority for the inside.
#   infra/docker/make-secrets.sh DIR PORTAL_HOST MCP_HOST
# What is there is never replaced. Run it as root for the compose file: each file then belongs to who reads it.
# WAREHOUSE, REDIS and CA say where those are, when it is not the compose file that they are for.
set -euo pipefail
umask 077
dir=${1:?usage: make-secrets.sh DIR PORTAL_HOST MCP_HOST}
portal_host=${2:?usage: make-secrets.sh DIR PORTAL_HOST MCP_HOST}
mcp_host=${3:?usage: make-secrets.sh DIR PORTAL_HOST MCP_HOST}

warehouse=${WAREHOUSE:-postgres:5432}
redis=${REDIS:-redis:6379}
redis_rules=$(sed '/^#/d' "$(dirname "$0")/redis-users.acl")
ca=${CA:-/run/secrets/internal-ca}

# Numbers of the users in the images.
causeway=65532 database=999 proxy=99 collector=10001 grafana=472

mkdir -p "$dir"
cd "$dir"

random() { openssl rand -base64 32 | tr '+/' '-_' | tr -d '=\n'; }
once() { # once FILE OWNER: stdin becomes FILE, unless there is one
  if [[ -e $1 ]]; then
    cat >/dev/null
  else
    cat >"$1.new"
    # What is there is kept for ever: a command that failed before must not leave an empty secret.
    if (($(wc -c <"$1.new") < 40)); then
      echo "$1 could not be made" >&2
      rm "$1.new"
      return 1
    fi
    mv "$1.new" "$1"
  fi
  own "$1" "$2"
}
own() { if ((EUID == 0)); then chown "$2:$2" "$1"; fi; }

# The server gets no password, only what it is to hash to.
redis_hash() { sed -E 's|^rediss://[^:]+:([^@]+)@.*|\1|' "redis-url-$1" | tr -d '\n' | sha256sum | cut -d' ' -f1; }
redis_users() {
  local rules=$redis_rules
  for name in portal mcp audit-worker operator; do rules=${rules/PASSWORD_$name /#$(redis_hash "$name") }; done
  echo "$rules"
}
# Redis knows who is in redis-users. Kept beside URLs of others, it would refuse every service.
redis_knows() { [[ -e redis-url-$1 ]] && grep -q "^user causeway_${1//-/_} .*#$(redis_hash "$1") " redis-users; }
for name in portal mcp audit-worker operator; do
  if [[ -e redis-users ]] && ! redis_knows "$name"; then
    cat >&2 <<END
Nothing was made: $dir/redis-users has no login causeway_${name//-/_} with the password of redis-url-$name.
Keep a copy of it, move it away, and run this again: it is made anew for all four logins, with the URLs that are missing.
Redis knows these logins when it has that file and was restarted, and then no other: docs/deploy.md#upgrade says how services move there.
END
    exit 1
  fi
done

# Keys of the gateway.
random | once portal-cookie-key "$causeway"
random | sed 's/^/k1:/' | once handle-key "$causeway"
for service in portal mcp; do random | once "audit-producer-key-$service" "$causeway"; done
for service in portal mcp; do echo "$service:$(<"audit-producer-key-$service")"; done | once audit-producer-keys "$causeway"
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | once audit-signing-key "$causeway"
random | once supervisor-secret "$causeway"

# Passwords, and the URLs with them.
for name in postgres gateway audit-worker audit-reader; do random | once "$name-password" "$causeway"; done
url() {
  echo "postgresql://$1:$(<"$2-password")@$warehouse/causeway_warehouse?sslmode=verify-full&sslrootcert=$ca"
}
url postgres postgres | once admin-database-url "$causeway"
url causeway_gateway gateway | once database-url "$causeway"
url causeway_audit_worker audit-worker | once audit-database-url "$causeway"
url causeway_audit_reader audit-reader | once audit-read-url "$causeway"
once postgres-superuser-password "$database" <postgres-password
# One login of Redis for each, with the rights of redis-users.acl.
for name in portal mcp audit-worker operator; do
  password=$(random)
  echo "rediss://causeway_${name//-/_}:$password@$redis" | once "redis-url-$name" "$causeway"
done
redis_users | once redis-users "$database"
random | once grafana-password "$grafana"

# An authority for the connections inside, and for the edge until there is a certificate of a public one.
if [[ ! -e internal-ca ]]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
    -subj '/CN=Causeway internal' -addext 'basicConstraints=critical,CA:TRUE' \
    -addext 'keyUsage=critical,keyCertSign' -keyout internal-ca-key -out internal-ca
fi
chmod 0644 internal-ca

certificate() { # certificate NAME OWNER HOST...
  local name=$1 owner=$2 names
  shift 2
  if [[ -e $name-certificate ]]; then return; fi
  names=$(printf 'DNS:%s,' "$@")
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 825 \
    -CA internal-ca -CAkey internal-ca-key -subj "/CN=$1" -addext "subjectAltName=${names%,}" \
    -addext 'basicConstraints=critical,CA:FALSE' -keyout "$name-key" -out "$name-certificate"
  own "$name-key" "$owner"
  own "$name-certificate" "$owner"
}
certificate postgres "$database" postgres
certificate redis "$database" redis
certificate collector "$collector" collector
certificate edge "$proxy" "$portal_host" "$mcp_host"
cat edge-certificate edge-key | once edge-pem "$proxy"
