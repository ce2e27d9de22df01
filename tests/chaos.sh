#!/usr/bin/env bash
# Kills, pauses and stops the services, RabbitMQ and PostgreSQL at random while five producers send numbered lines, then
# holds the table and the ledger against the receipts, and prints the tally.
#   tests/chaos.sh [MINUTES]
# INGEST_CHAOS_LINES: lines of each producer (100,000 for each minute); INGEST_CHAOS_SEED: draws the same faults again;
# INGEST_CHAOS_LOGS: a folder for the output of the services. INGEST_TEST_RABBITMQ (an amqp URI) names a broker to use,
# a node of a cluster say, which is then not interrupted; INGEST_TEST_RABBITMQ_ROOT names the root file system of another
# Debian whose RabbitMQ is run instead of this machine's.
set -euo pipefail
cd "$(dirname "$0")/.."
export INGEST_CHAOS_MINUTES=${1:-1}
dotnet build tests/EndToEndTests -c Release --nologo -v quiet
artifacts/bin/EndToEndTests/release/Ingest.EndToEndTests -noColor -noLogo -showLiveOutput -class '*.ChaosTests' |
  sed -uE 's/^ *Ingest\.\S+ \[OUTPUT\] //'
