#!/usr/bin/env bash
# The way of a new user, with curl and nothing else: register, log in, create a stream; from another account top up a
# wallet, tip, and look at the payment history.
# Run it against a development server: npm start, then npm run demo:curl.
set -euo pipefail

api="${API_URL:-http://localhost:${PORT:-3000}}/api"
name="curl_$(date +%s)_$RANDOM"
password='a long enough passphrase'

step() { printf '\n# %s\n' "$1" >&2; }

# Prints the request's answer; fails with it when the status is not the expected one.
call() {
  local expected=$1 method=$2 path=$3
  shift 3
  local answer status
  answer=$(curl --silent --show-error --request "$method" "$api$path" --write-out '\n%{http_code}' "$@")
  status=${answer##*$'\n'}
  answer=${answer%$'\n'*}
  printf '%s %s -> %s\n%s\n' "$method" "$path" "$status" "$answer" >&2
  [ "$status" = "$expected" ] || { echo "expected $expected" >&2; exit 1; }
  printf '%s' "$answer"
}

# Reads a string member of a JSON object, so that the demo needs no jq.
member() { sed -E "s/.*\"$1\":\"([^\"]+)\".*/\1/"; }

json='content-type: application/json'

step 'Register'
call 201 POST /auth/register --header "$json" \
  --data "{\"username\":\"$name\",\"email\":\"$name@example.com\",\"password\":\"$password\"}" >/dev/null

step 'Log in'
token=$(call 200 POST /auth/login --header "$json" \
  --data "{\"email\":\"$name@example.com\",\"password\":\"$password\"}" | member accessToken)
authorization="authorization: Bearer $token"

step 'Create a stream'
stream=$(call 201 POST /streams --header "$json" --header "$authorization" \
  --data '{"title":"Live from a terminal"}' | sed -E 's/^\{"id":"([^"]+)".*/\1/')

step 'See it live'
call 200 GET "/streams/$stream" >/dev/null

step 'Register a viewer'
viewer="authorization: Bearer $(call 201 POST /auth/register --header "$json" \
  --data "{\"username\":\"${name}_v\",\"email\":\"${name}_v@example.com\",\"password\":\"$password\"}" | member accessToken)"

step 'Put 50.00 into the wallet'
call 201 POST /payments/top-up --header "$json" --header "$viewer" --data '{"amount":5000}' >/dev/null

step 'Tip 5.00, and once more under the same key, which charges nothing'
tip="{\"streamId\":\"$stream\",\"amount\":500,\"message\":\"Bravo!\"}"
first=$(call 201 POST /payments/tip --header "$json" --header "$viewer" --header "idempotency-key: $name" --data "$tip")
again=$(call 201 POST /payments/tip --header "$json" --header "$viewer" --header "idempotency-key: $name" --data "$tip")
[ "$first" = "$again" ] || { echo 'expected the same answer' >&2; exit 1; }

step 'Look at the wallet and the payment history'
call 200 GET /payments/wallet --header "$viewer" >/dev/null
call 200 GET /payments/history --header "$viewer" >/dev/null

step 'See what was earned'
call 200 GET /payments/earnings --header "$authorization" >/dev/null

step 'End the stream'
call 200 DELETE "/streams/$stream" --header "$authorization" >/dev/null
echo 'Done.'
