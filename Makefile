# Every target works in a fresh clone with Rust, Python 3.11 and make; the second run is quick.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help setup dev run test touch quick check fix bench bench-short bench-peers instructions soak mutants fidelity fidelity-short screenshots docs wheel wheel-check lowest clean

help: ## Show this table
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.stamp: pyproject.toml .ci/setup.sh
	@PYTHON=$(PYTHON) bash .ci/setup.sh $(VENV)

setup: $(VENV)/.stamp

dev: setup ## Environment with an editable build of the package
	@bash .ci/build.sh dev

run: ## Set up, start the sandbox with the demo market, place paper orders, keep serving
	@$(MAKE) --no-print-directory dev
	@$(BIN)/python examples/first_fill.py

test: dev ## Set up and run every test: Rust core, Python, HTTP
	cargo test --workspace --locked
	$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal

quick: dev ## The tests without the slow layer
	cargo test --locked
	$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal -m "not full"

check: dev ## Formats, lints, types, stub, generated files; changes nothing
	@bash .ci/check.sh

fix: setup ## Format, apply safe fixes, regenerate the sync client
	cargo fmt --all
	$(BIN)/python python/tools/unasync.py
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format --quiet .

bench: setup ## Benchmarks on a release build (a debug build is refused)
	@bash .ci/bench.sh

bench-short: dev ## The same as briefly as it goes: whether each runs and answers rightly
	@bash .ci/bench.sh short

bench-peers: setup ## The same work beside other backtesters, in turn, answers compared (installs them)
	@bash .ci/peers.sh

instructions: setup ## Instructions of eleven paths against benches/instructions.json (needs valgrind)
	@$(BIN)/python .ci/instructions.py

soak: dev ## A million random steps against laws and model, draws, and flipped bits of a file
	SEQUENCE_STEPS=1000000 SEQUENCE_SEED=$$(date +%s) cargo test --locked -p sequence-core --test gaming random
	SEQUENCE_STEPS=1000000 SEQUENCE_SEED=$$(date +%s) $(BIN)/python -m pytest tests/model -q -k random
	SEQUENCE_GRAPHS=100000 SEQUENCE_SEED=$$(date +%s) cargo test --locked -p sequence-core --test graphs
	SEQUENCE_KILLS=60 $(BIN)/python -m pytest tests/graphs/test_kills.py -q
	SEQUENCE_DRAWS=1000000 cargo test --locked -p sequence-core --lib b11
	$(BIN)/python -m tests.store.flips 1000
	SEQUENCE_FAULTS=1000 SEQUENCE_HOURS=24 $(BIN)/python -m pytest tests/feeds/live/test_faults.py \
		tests/feeds/live/test_day.py -q

# Recorded market data is not part of the repository.
DATA ?= $(if $(SEQUENCE_TEST_DATA),$(SEQUENCE_TEST_DATA),../shared/data)

touch: setup ## Every recording below DATA: how much is playable, and orders at its touch
	$(BIN)/python -m tests.feeds.touch $(DATA)

mutants: ## Run every bug that is built in on purpose, and print how many the tests find
	@set -o pipefail; cargo test --locked --quiet -p sequence-core mutant -- --nocapture \
		| grep -E "mutants killed|panicked|survi|FAILED"

# The order-by-order files are not part of the repository; see benches/fidelity/decode.py.
FIDELITY_DATA ?= $(DATA)/l3
FIDELITY := target/fidelity

fidelity: setup ## Score the queue estimators on order-by-order data: table, JSON and plot
	$(BIN)/python benches/fidelity/decode.py $(FIDELITY_DATA) $(FIDELITY)
	cargo build --locked --quiet --profile bench -p sequence-fidelity
	find $(FIDELITY) -name '*.tape' -o -name '*.frames' | sort \
		| xargs target/release/sequence-fidelity > $(FIDELITY)/scores.jsonl
	$(BIN)/python benches/fidelity/report.py $(FIDELITY)/scores.jsonl $(FIDELITY)
	$(BIN)/python benches/fidelity/short.py $(FIDELITY)/scores.jsonl $(FIDELITY)/short.csv

fidelity-short: setup ## Fail when a score of two tapes leaves its interval
	$(BIN)/python benches/fidelity/decode.py $(FIDELITY_DATA) $(FIDELITY)
	cargo test --locked -p sequence-fidelity --test short

screenshots: dev ## Pictures of the page into docs/pictures (needs Chromium)
	$(BIN)/python python/tools/screenshots.py

docs: dev ## The documents as pages in docs/_build/html; a warning fails
	@[ .venv/.docs -nt pyproject.toml ] || { $(BIN)/python -m pip install --quiet --group docs && touch .venv/.docs; }
	@$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

wheel: setup ## Build wheel and sdist into dist/ and list their files
	@bash .ci/wheel.sh

wheel-check: ## Install the wheel of dist/ without Rust and walk the first steps
	@bash .ci/wheel_check.sh

lowest: dev ## A part of the tests with the oldest dependencies that are allowed
	@bash .ci/lowest.sh

clean: ## Remove everything that was built
	rm -rf $(VENV) .venv-lowest target dist docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find python tests -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -f python/sequence/_core*.so python/sequence/_core*.pyd
