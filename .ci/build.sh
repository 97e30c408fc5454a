#!/usr/bin/env bash
# Builds the extension into python/sequence and installs the package in place: build.sh dev|release
# Does nothing when no source changed since the last build of that profile.
set -euo pipefail
profile=$1
stamp=.venv/.built-$profile
sources=(rust Cargo.toml Cargo.lock pyproject.toml .ci/build.sh)
if [ -f "$stamp" ] && [ -f python/sequence/_core.abi3.so ] \
  && [ -z "$(find "${sources[@]}" -newer "$stamp" -print -quit)" ]; then
  exit 0
fi
# A version-specific library would win over the stable-ABI one: remove what an older build left.
find python/sequence -maxdepth 1 \( -name '_core*.so' -o -name '_core*.pyd' \) -delete
rm -f .venv/.built-*
touch "$stamp.begun"
features=()
if [ "$profile" = dev ]; then features=(--features mutants); fi
echo "building ($profile; the first time takes a minute or two)"
PIP_QUIET=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
  maturin develop --quiet --locked --profile "$profile" "${features[@]}" 2>"$stamp.log" >&2 \
  || { cat "$stamp.log" >&2; exit 1; }
# Dated at the start: a file saved during the build makes the next one build again.
rm -f "$stamp.log"
mv "$stamp.begun" "$stamp"
