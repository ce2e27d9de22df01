#!/usr/bin/env bash
# Measures the real services over a private RabbitMQ and PostgreSQL: MB/s, CPU-seconds per GB for each process, memory.
# usage: benchmarks/run.sh [LINES | FILE]     how many comments to generate (default 500000), or a file of them
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build Ingest.sln -c Release -v quiet --nologo
exec dotnet artifacts/bin/EndToEnd/release/Ingest.EndToEnd.dll "$@"
