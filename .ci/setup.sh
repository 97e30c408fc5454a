#!/usr/bin/env bash
# Creates the virtual environment and installs the tools; nothing outside the folder is touched.
set -euo pipefail
venv=$1
if [ ! -x "$venv/bin/python" ]; then
  echo "creating $venv"
  "${PYTHON:-python3}" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
    || { echo "Python 3.11 or newer is needed (set PYTHON=...)" >&2; exit 1; }
  "${PYTHON:-python3}" -m venv "$venv"
fi
"$venv/bin/python" -m pip install --quiet --upgrade 'pip>=25.1'
"$venv/bin/python" -m pip install --quiet --group dev
touch "$venv/.stamp"
