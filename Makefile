# Mintage: `make run` for the result, `make test` for the proof. Needs make and Python 3.11 or later, nothing else.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
FITS := -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'
# The first interpreter that runs, is new enough and can make an environment; PYTHON=... overrules.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do $$p $(FITS) >/dev/null 2>&1 && echo $$p && break; done)
SEEN := $(shell python3 --version 2>&1 || echo "no python3")
OUT ?= report.html
ARGS ?=

.PHONY: help run demo test lint types contracts tests bench bench-presets bench-yuma bench-ledger soak docs clean

help: ## say what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "make %-12s %s\n", $$1, $$2}'

run: $(VENV)/.base ## simulate and judge Render, write report.html and say what was found
	@$(BIN)/mintage report render --out $(OUT)

demo: $(VENV)/.live ## run a small network live, with people in it, and watch it; Ctrl-C stops it
	@$(BIN)/mintage serve --like render --demo $(ARGS)

test: $(VENV)/.dev ## run everything: lint, types, import contracts, tests; all of it, so that every fault shows in one go
	@$(MAKE) --no-print-directory --keep-going lint types contracts tests

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports --no-logo

tests: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto $(ARGS)

bench: $(VENV)/.dev ## measure Mintage beside its peers (installs them apart)
	$(BIN)/python bench/run.py $(ARGS)

bench-presets: $(VENV)/.dev ## measure what a step of a path costs in each preset, write bench/presets.json
	$(BIN)/python -m bench.presets $(ARGS)

bench-yuma: $(VENV)/.dev ## measure an epoch of Yuma Consensus beside yuma-simulation (ARGS="--peer DIR"), write bench/yuma/results.json
	$(BIN)/python bench/yuma/run.py $(ARGS)

bench-ledger: $(VENV)/.dev ## measure the ledger and a live network beside PostgreSQL, write bench/ledger/results.json
	$(BIN)/python -m bench.ledger $(ARGS)

soak: $(VENV)/.dev ## kill the ledger 200 times under load on each store, write bench/soak.json
	$(BIN)/python -m tests.ledger.killing $(or $(ROUNDS),200)

docs: $(VENV)/.dev ## write the generated pages of docs/reference anew
	$(BIN)/python -m docs.generate

clean: ## remove the environment and everything built
	rm -rf $(VENV) build dist $(OUT) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests bench examples docs -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "Mintage needs Python 3.11 or later with venv; found: $(SEEN). Install one (Debian: apt install python3 python3-venv), or name it: make run PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) $(FITS) || { echo "$(PYTHON) is older than Python 3.11 or lacks venv; found: $$($(PYTHON) --version 2>&1)" >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

# The build tool is pinned with everything else, so it is installed here instead of being fetched apart.
$(VENV)/.base: $(VENV)/.made pyproject.toml constraints.txt
	@echo "Installing Mintage"
	@$(PIP) install -c constraints.txt hatchling editables
	@$(PIP) install -c constraints.txt --no-build-isolation -e .
	@touch $@

$(VENV)/.live: $(VENV)/.base
	@echo "Installing what a live network needs"
	@$(PIP) install -c constraints.txt --no-build-isolation -e '.[live]'
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@echo "Installing what the tests need"
	@$(PIP) install -c constraints.txt --no-build-isolation -e '.[dev]'
	@touch $@
