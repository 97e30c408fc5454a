#!/usr/bin/env bash
# This side and other backtesters in turn, on a release build: peers.sh [short].
# They live in an environment of their own; nothing of ours depends on them.
set -euo pipefail
out=$PWD/target/peers
mkdir -p "$out"
if [ ! -f "$out/.installed" ] || [ benches/peers/requirements.txt -nt "$out/.installed" ]; then
  python3 -m venv --clear "$out/venv"
  PIP_DISABLE_PIP_VERSION_CHECK=1 "$out/venv/bin/pip" install --quiet \
    -r benches/peers/requirements.txt
  touch "$out/.installed"
fi
bash .ci/build.sh release
python benches/peers/run.py "$out" "$@"
if [ "${1:-}" != short ]; then
  # What the table of targets needs beside other backtesters: memory of a long backtest, the server,
  # growth, the longest call.
  if [ -f "$out/data/recorded.tape" ]; then
    python benches/peers/peak.py "$out/data" | tee "$out/peak.json"
  fi
  python benches/store/serving.py 5 4000 | tee "$out/serving.json"
  python benches/growth.py | tee "$out/growth.txt"
  python benches/longest.py | tee "$out/longest.json"
fi
