#!/usr/bin/env bash
# Installs what is missing, builds everything and runs all tests.
# Arguments go to ctest: ./test.sh -L unit
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/.ci/setup.sh"

install_missing_packages
build_targets all
contained ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel 2 "$@"
