#!/usr/bin/env bash
# Builds the extension into python/sequence and installs the package in place: build.sh dev|release
set -euo pipefail
profile=$1
# A version-specific library would win over the stable-ABI one: remove what an older build left.
find python/sequence -maxdepth 1 \( -name '_core*.so' -o -name '_core*.pyd' \) -delete
maturin develop --quiet --locked --profile "$profile"
