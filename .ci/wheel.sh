#!/usr/bin/env bash
# Builds wheel and sdist into dist/ from a clean copy of what is committed, and lists their files.
# On Linux the linker is zig, which links against the glibc of any year: the wheel installs wherever
# glibc 2.28 is, whatever this machine has.
set -euo pipefail
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
if [ -n "$(git status --porcelain)" ]; then
  echo "note: changes that are not committed are left out" >&2
fi
portable=()
if [ "$(uname -s)" = Linux ]; then
  python -m pip install --quiet --group wheel
  portable=(--zig --compatibility manylinux_2_28)
fi
# A clone, not the working folder: that one holds caches, and libraries of other builds.
git clone --quiet --no-hardlinks . "$copy/source"
dist=$PWD/dist
rm -rf "$dist"
cargo_target=${CARGO_TARGET_DIR:-$PWD/target}
(cd "$copy/source" && CARGO_TARGET_DIR=$cargo_target \
  maturin build --quiet --locked --release --sdist "${portable[@]}" --out "$dist")
python .ci/wheel_files.py "$copy/source" "$dist"
