#!/usr/bin/env bash
# Benchmarks on a release build: results and conditions in target/bench/.
# bench.sh [quick|short]: quick measures the engine and the Python side only; short runs everything
# as briefly as it goes on the build of the tests, for continuous integration: a wrong answer fails
# there, a time does not.
set -euo pipefail
how=${1:-}
out=$PWD/target/bench
mkdir -p "$out"
profile=release
which_benches=(--benches)
cargo_options=()
criterion_options=()
python_options=(--benchmark-disable-gc)
# In short: a hundred readers, five fills a second, four seconds.
streams=(100 5 4)
# Five venues of fifty symbols, for twenty seconds.
live=(20 50)
if [ "$how" = quick ]; then which_benches=(--bench engine); fi
if [ "$how" = short ]; then
  profile=dev
  cargo_options=(--profile dev)
  criterion_options=(--sample-size 10 --warm-up-time 0.05 --measurement-time 0.05 --noplot)
  python_options+=(--benchmark-max-time=0.05 --benchmark-min-rounds=1)
  streams=(20 5 1)
  live=(1 2)
  export SEQUENCE_BENCH=short
fi
# What is in the folder after a release build is one; the next `make dev` must build its own.
bash .ci/build.sh "$profile"
criterion=${CARGO_TARGET_DIR:-$PWD/target}/criterion
rm -rf "$criterion"
CRITERION_HOME=$criterion cargo bench --quiet --locked -p sequence-benches "${cargo_options[@]}" \
  "${which_benches[@]}" -- "${criterion_options[@]}" \
  >"$out/criterion.txt" 2>&1 || { cat "$out/criterion.txt" >&2; exit 1; }
python -m pytest benches --benchmark-enable --benchmark-only --benchmark-columns=median,max,rounds \
  "${python_options[@]}" --benchmark-json="$out/python.json" \
  -q --timeout=600 -p no:cacheprovider
python benches/streams.py "${streams[@]}" >"$out/streams.json"
cat "$out/streams.json"
python benches/live.py "${live[@]}" >"$out/live.json"
cat "$out/live.json"
python benches/report.py "$out/python.json" "$criterion" "$out"
