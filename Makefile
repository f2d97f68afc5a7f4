# Everything here works on a machine that has only Python (3.11 to 3.13), git and make.
PYTHON ?= python3
UV := .uv/bin/uv
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: help env run paper test lint format bench lock clean

help:  ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 14

env: $(INSTALLED)  ## Install the locked environment into .venv

run: env  ## Do the quick study (sample data, no network): results/quick/compression/analysis.html
	$(BIN)/snakemake --cores 1

paper: env  ## Do the real study (official data): results/paper/compression/analysis.html
	$(BIN)/snakemake --cores 1 --configfile config/paper.yaml

test: env  ## Run all tests, the fast ones first
	$(BIN)/pytest tests/unit tests/model tests/workflow tests/real

lint: env  ## Check style, types, imports and the workflow; the same as CI
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check --compact-diff Snakefile workflow
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/snakemake --lint
	$(BIN)/python -m frugalnet.schema --check

format: env  ## Lay out the code, and renew what is generated from it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow
	$(BIN)/python -m frugalnet.schema
	$(BIN)/python -m frugalnet.fingerprint tests/unit/code_versions.json

bench: env  ## Measure what the README claims
	for file in benchmarks/[a-z]*.py; do $(BIN)/python $$file || exit 1; done

lock: $(UV)  ## Renew requirements.lock after a change of pyproject.toml
	$(UV) pip compile --quiet --universal --generate-hashes --group pyproject.toml:dev pyproject.toml -o requirements.lock

clean:  ## Remove the quick study, its data and caches; the real study, official data and the environment stay
	rm -rf data/sample results/quick .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache report.html

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13: name one, as in make PYTHON=python3.12 env"; exit 1; }
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet "uv>=0.9,<1"

# The lock has hashes, which the project itself cannot have: it goes in by a second step. Bytecode is compiled here, once:
# TensorFlow loads three times slower without.
$(INSTALLED): requirements.lock pyproject.toml | $(UV)
	$(UV) venv --quiet --allow-existing --no-python-downloads --python $(PYTHON) .venv
	$(UV) pip sync --compile-bytecode --python $(BIN)/python requirements.lock
	$(UV) pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	touch $@
