# The one way to set up, check and try kbsync. `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PARALLEL := --numprocesses auto --maxprocesses 8 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help setup format lint test test-slow test-clients coverage demo build clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: $(READY) ## Make .venv and install kbsync with its development tools

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "kbsync needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[emulator,tables,dev]'
	@touch $@

format: $(READY) ## Rewrite the code in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(READY) ## Format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(READY) ## Every fast test
	$(BIN)/python -m pytest -m "not slow and not clients" $(PARALLEL) $(TESTS)

test-slow: $(READY) ## The tests that take minutes
	$(BIN)/python -m pytest -m slow $(PARALLEL) $(TESTS)

test-clients: $(READY) ## Third-party clients against the emulator; installs them from PyPI
	$(BIN)/python -m tests.clients.install
	$(BIN)/python -m pytest -m clients -rs tests/clients

coverage: $(READY) ## Line and branch coverage of the fast tests
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q -m "not slow and not clients"
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

demo: $(READY) ## The main job, end to end, against the emulator
	@$(BIN)/python docs/demo.py

build: $(READY) ## The wheel, in dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## Remove what the other targets made
	rm -rf $(VENV) .venv-clients build dist *.egg-info .coverage* .pytest_cache .mypy_cache .ruff_cache
