# Everything here works on a machine that has only Python (3.11 to 3.13), git and make.
PYTHON ?= python3
UV := .uv/bin/uv
LOCKED := --quiet --universal --generate-hashes
BIN := .venv/bin
RESULTS ?= results/quick

.PHONY: help env run paper analysis package reference test test-fast lint docs format bench lock clean

help:  ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

env: .venv/.installed  ## Install the locked environment into .venv

run: env  ## Do the quick study (sample data, no network): results/quick/compression/analysis.html
	$(BIN)/snakemake --cores 1

paper: env  ## Do the real study (official data): results/paper/compression/analysis.html
	$(BIN)/snakemake --cores 1 --configfile config/paper.yaml

analysis: .venv-analysis/.installed  ## Rebuild tables, figures and pages from raw files, without TensorFlow: make analysis RESULTS=results/paper
	.venv-analysis/bin/frugalnet rebuild $(RESULTS)

package: .venv-analysis/.installed  ## Put results with all that explains them into one archive: make package RESULTS=results/paper
	.venv-analysis/bin/frugalnet package $(RESULTS)

reference: .venv-analysis/.installed  ## Make tables and figures of the reference packages, and the picture of the README, anew from their records
	for archive in $(wildcard results/reference/*.zip); do .venv-analysis/bin/frugalnet package --renew $$archive || exit 1; done
	.venv-analysis/bin/python -c 'import zipfile; print(zipfile.ZipFile("results/reference/compression.zip").read( \
	  "results/reference-study/compression/figures/gain_for_energy.svg").decode(), end="")' > docs/images/gain_for_energy.svg

test: env .venv-analysis/.installed .venv-mlflow/.installed  ## Run all tests, layer by layer, the fast ones first
	$(BIN)/pytest -n 2 tests/unit
	$(BIN)/pytest -n 2 --dist loadscope tests/model
	$(BIN)/pytest -n 3 --dist loadscope tests/workflow tests/real

test-fast: env  ## Run the tests for the inner loop: no TensorFlow, no drawing
	$(BIN)/pytest -n 2 tests/unit -m "not long and not slow"

lint: env  ## Check style, types, imports, workflow and documentation; the same as CI
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check --compact-diff Snakefile workflow
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/snakemake --lint
	$(BIN)/python -m frugalnet.config.schema --check
	$(MAKE) --no-print-directory docs

docs: env  ## Build the documentation: site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

format: env  ## Lay out the code, and renew what is generated from it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow
	$(BIN)/python -m frugalnet.config.schema
	$(BIN)/python -m frugalnet.fingerprint tests/unit/code_versions.json

bench: env  ## Measure what the documentation says of its own cost and intervals
	for file in benchmarks/[a-z]*.py; do $(BIN)/python $$file || exit 1; done

lock: $(UV)  ## Renew the locks after a change of pyproject.toml
	$(UV) pip compile $(LOCKED) --extra measuring --extra mlflow --extra wandb --group pyproject.toml:dev pyproject.toml -o requirements.lock
	$(UV) pip compile $(LOCKED) --group pyproject.toml:build --constraint requirements.lock pyproject.toml -o requirements-analysis.lock
	$(UV) pip compile $(LOCKED) --python-version 3.11 --group pyproject.toml:mlflow-server -o requirements-mlflow.lock

clean:  ## Remove the quick study, its data and caches; the real study, official data and the environment stay
	rm -rf data/sample results/quick .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache report.html site

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13: name one, as in make PYTHON=python3.12 env"; exit 1; }
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet "uv>=0.9,<1"

# The locks have hashes, which the project itself cannot have: it goes in by a second step. Bytecode is compiled here, once:
# TensorFlow loads three times slower without.
.venv/.installed: LOCK := requirements.lock
.venv/.installed: requirements.lock
.venv-analysis/.installed: LOCK := requirements-analysis.lock
.venv-analysis/.installed: requirements-analysis.lock
.venv/.installed .venv-analysis/.installed: pyproject.toml | $(UV)
	$(UV) venv --quiet --allow-existing --no-python-downloads --python $(PYTHON) $(@D)
	$(UV) pip sync --compile-bytecode --python $(@D)/bin/python $(LOCK)
	$(UV) pip install --quiet --no-deps --no-build-isolation --python $(@D)/bin/python --editable .
	touch $@

# The server of MLflow, for tests alone.
.venv-mlflow/.installed: requirements-mlflow.lock | $(UV)
	$(UV) venv --quiet --allow-existing --no-python-downloads --python $(PYTHON) $(@D)
	$(UV) pip sync --compile-bytecode --python $(@D)/bin/python requirements-mlflow.lock
	touch $@
