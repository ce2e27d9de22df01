#!/usr/bin/env bash
# Micro benchmarks of the parts that every line passes: framing, rows, bodies, the SQLite store.
# usage: benchmarks/micro.sh [FILTER]     a part of a benchmark's name, such as Rows (default: all)
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet build benchmarks/Micro -c Release -v quiet --nologo
exec dotnet artifacts/bin/Micro/release/Ingest.Micro.dll --filter "*${1:-}*"
