#!/usr/bin/env bash
# Every check that changes nothing. Warnings are errors here.
set -euo pipefail
export RUSTFLAGS="${RUSTFLAGS:-} -D warnings"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/check"
cargo fmt --all --check
cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
ruff check .
ruff format --check .
python python/tools/unasync.py --check
mypy
pyright
python -m mypy.stubtest sequence._core
echo "check: all clean"
