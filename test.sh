#!/usr/bin/env bash
# Builds everything, checks the format and runs all tests.
#   ./test.sh         everything
#   ./test.sh unit    the unit tests only: no servers, no format
# The tests start PostgreSQL and RabbitMQ by themselves: from this machine's packages (on Debian and Ubuntu, root gets
# what is missing installed), else in containers. Without either they are skipped; where CI is set they fail instead.
# INGEST_TEST_POSTGRES (an Npgsql connection string) and INGEST_TEST_RABBITMQ (an amqp URI) name servers to use instead,
# but for the tests that pause or kill one; INGEST_TEST_RABBITMQ_ROOT is a folder with the root file system of another
# Debian, whose RabbitMQ all of them run. tests/chaos.sh runs the random kills for longer.
set -uo pipefail
cd "$(dirname "$0")"

configuration=Release
passed=0 failed=0 skipped=0

finish() {
  echo
  if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
  else
    echo "$passed passed, $failed failed"
  fi
  [ "$failed" -eq 0 ] || exit 1
  exit 0
}

give_up() {
  echo "$1" >&2
  failed=$((failed + 1))
  finish
}

have() {
  case $1 in
    rabbitmq-server) [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || command -v rabbitmq-server ;;
    postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' || command -v initdb ;;
    ncat) command -v ncat || command -v nc ;;
  esac > /dev/null
}

# The packages would start a broker and a database of the machine's own, which nobody asked for.
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/ingest-tests.conf
undo=()
cleanup() {
  [ "${#undo[@]}" -eq 0 ] || rm -rf -- "${undo[@]}"
  undo=()
  rmdir "$(dirname "$cluster")" 2> /dev/null
}
trap cleanup EXIT

install() {
  local log
  log=$(mktemp)
  undo+=("$log" "$cluster")
  mkdir -p "$(dirname "$cluster")"
  echo 'create_main_cluster = false' > "$cluster"
  if [ ! -e "$policy" ]; then
    undo+=("$policy")
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q > "$log" 2>&1
  apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" >> "$log" 2>&1 || tail -n 20 "$log" >&2
  cleanup
}

provide_servers() {
  local package missing=()
  for package in rabbitmq-server postgresql ncat; do
    have "$package" || missing+=("$package")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  if [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
    echo "Installing ${missing[*]}"
    install "${missing[@]}"
  fi
  for package in "${missing[@]}"; do
    have "$package" && continue
    if [ "$package" = ncat ] || ! docker info > /dev/null 2>&1; then
      echo "Missing: $package. Install it (Debian, Ubuntu: apt-get install $package)$(
        [ "$package" = ncat ] || echo ', or start Docker')." >&2
    fi
  done
}

# The command is tested as it is delivered, as a native program, where there is what links one.
publish_command() {
  if ! command -v clang > /dev/null && ! command -v gcc > /dev/null; then
    echo "Not tested: the native command, for want of clang or gcc (Debian, Ubuntu: apt-get install clang zlib1g-dev)." >&2
    return
  fi
  local folder=artifacts/published/Cli
  dotnet publish cli -c "$configuration" -o "$folder" --nologo -v quiet || give_up "The command could not be published."
  export INGEST_COMMAND=$PWD/$folder/ingest
}

attribute() { sed -E "s/.* $1=\"([0-9]+)\".*/\1/" <<< "$attributes"; }

run() {
  local name=$1 program=artifacts/bin/$1/${configuration,,}/Ingest.$1 result code attributes
  echo
  echo "$name"
  result=artifacts/results/$name.xml
  mkdir -p artifacts/results
  rm -f "$result"
  # Far above what a run takes: it ends a hang, not a slow machine.
  timeout --kill-after=30s 30m "$program" -noColor -noLogo -result-xml "$result"
  code=$?
  attributes=$(grep -o '<assembly [^>]*>' "$result" 2> /dev/null | head -n 1)
  if [ -z "$attributes" ]; then
    echo "$name ended with exit code $code and without a result." >&2
    failed=$((failed + 1))
    return
  fi
  passed=$((passed + $(attribute passed)))
  skipped=$((skipped + $(attribute skipped)))
  local bad=$(($(attribute failed) + $(attribute errors)))
  # Something went wrong that no test stands for.
  [ "$code" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
  failed=$((failed + bad))
}

case ${1:-all} in
  all) what=Ingest.sln projects=(UnitTests SimulationTests IntegrationTests EndToEndTests) ;;
  unit) what=tests/UnitTests projects=(UnitTests) ;;
  *) echo "usage: ./test.sh [unit]" >&2; exit 2 ;;
esac

command -v dotnet > /dev/null || give_up "Missing: the .NET 10 SDK (https://dot.net)."
[ "$what" != Ingest.sln ] || provide_servers

dotnet build "$what" -c "$configuration" --nologo -v quiet || give_up "The build failed."
if [ "$what" = Ingest.sln ] && ! dotnet format Ingest.sln --verify-no-changes --no-restore; then
  echo "The format is not ours: run dotnet format Ingest.sln." >&2
  failed=$((failed + 1))
fi
[ "$what" != Ingest.sln ] || publish_command
for project in "${projects[@]}"; do
  run "$project"
done
finish
