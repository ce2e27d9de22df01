#!/usr/bin/env bash
# Measures the real services over a private RabbitMQ and PostgreSQL, and what else can do such work on this machine
# beside them: MB/s, CPU-seconds per GB for each process, memory. README.md in this folder says what each row means.
# usage: benchmarks/run.sh [LINES | FILE] [--quick] [--runs N] [--only NAME…] [--stream-gb GB] [--json] [--curves]
# Exits with 1 when a row is missing, doubled or not accounted for.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build benchmarks/EndToEnd -c Release -v quiet --nologo >&2
for project in services/Gateway services/Processor services/Writer cli; do
  name=$(basename "$project")
  dotnet publish "$project" -c Release -v quiet --nologo -o "artifacts/published/${name^}" >&2
done
dotnet build benchmarks/DuckDb -c Release -v quiet --nologo >&2 || echo "Going on without DuckDB." >&2
exec dotnet artifacts/bin/EndToEnd/release/Ingest.EndToEnd.dll run "$@"
