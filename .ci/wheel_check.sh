#!/usr/bin/env bash
# Installs the wheel of dist/ as a stranger would, where there is no Rust, and walks the first steps.
set -euo pipefail
wheel=$(ls "$PWD"/dist/*.whl)
here=$PWD
clean=$(mktemp -d)
trap 'rm -rf "$clean"' EXIT
"${PYTHON:-python3}" -m venv "$clean/venv"
# Nothing of this shell but the way to the registry: no compiler, no saved key, no PYTHONPATH.
alone=(env -i HOME="$clean" PATH="$clean/venv/bin:/usr/bin:/bin")
for name in pip_index_url pip_config_file http_proxy https_proxy no_proxy ssl_cert_file; do
  for spelled in "$name" "${name^^}"; do
    if [ -n "${!spelled:-}" ]; then alone+=("$spelled=${!spelled}"); fi
  done
done
if "${alone[@]}" sh -c 'command -v cargo || command -v rustc'; then
  echo "wheel: a compiler is in the way, so this proves nothing" >&2
  exit 1
fi
cp -r "$here/README.md" "$here/docs" "$here/examples" "$here/.ci/walk.py" "$clean"
cd "$clean"
"${alone[@]}" python -m pip install --quiet --only-binary :all: "$wheel"
"${alone[@]}" python walk.py
