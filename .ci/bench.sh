#!/usr/bin/env bash
# Benchmarks on a release build: results and conditions in target/bench/.
# bench.sh [quick]: quick measures the engine and the Python side only.
set -euo pipefail
out=$PWD/target/bench
mkdir -p "$out"
bash .ci/build.sh release
# What is in the folder now is a release build; the next `make dev` must build its own.
which_benches=(--benches)
if [ "${1:-}" = quick ]; then which_benches=(--bench engine); fi
criterion=${CARGO_TARGET_DIR:-$PWD/target}/criterion
rm -rf "$criterion"
CRITERION_HOME=$criterion cargo bench --quiet --locked -p sequence-benches "${which_benches[@]}" \
  >"$out/criterion.txt" 2>&1 || { cat "$out/criterion.txt" >&2; exit 1; }
python -m pytest benches --benchmark-enable --benchmark-only --benchmark-columns=median,max,rounds \
  --benchmark-disable-gc --benchmark-json="$out/python.json" \
  -q --timeout=600 -p no:cacheprovider
# In short: a hundred readers, five fills a second, four seconds.
python benches/streams.py 100 5 4 >"$out/streams.json"
cat "$out/streams.json"
python benches/report.py "$out/python.json" "$criterion" "$out"
