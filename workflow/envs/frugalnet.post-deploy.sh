#!/usr/bin/env bash
# Runs in the workflow's folder, with the new environment active.
set -euo pipefail
pip install --require-hashes --requirement requirements.lock
pip install --no-deps --no-build-isolation --editable .
