#!/usr/bin/env bash
# Runs a part of the tests with the oldest releases that pyproject.toml allows.
set -euo pipefail
venv=.venv-lowest
python -m pip install --quiet --group lowest
python -m uv venv --quiet --clear --python "$(command -v python)" "$venv"
python -m uv pip install --quiet --python "$venv/bin/python" --resolution lowest-direct \
  -r pyproject.toml --all-extras pytest==9.2.0 pytest-timeout==2.4.0
# What these tests need beside it, as new as anybody has it.
python -m uv pip install --quiet --python "$venv/bin/python" typing-extensions hypothesis
python -m uv pip list --quiet --python "$venv/bin/python"
# The library that `make dev` built, imported from the sources.
PYTHONPATH=python "$venv/bin/python" -m pytest -q -o addopts=--import-mode=importlib \
  -p no:cacheprovider tests/client/test_client.py tests/client/test_end_to_end.py \
  tests/client/test_stream.py tests/server/test_openapi.py tests/store/test_files.py \
  tests/test_cli_orders.py tests/client/test_frames.py tests/feeds/test_sample.py
