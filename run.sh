#!/usr/bin/env bash
# Installs what is missing, builds castaway and runs it. Without arguments it runs the default suite;
# with arguments they are castaway's: ./run.sh run scenarios/mutex --seed 7
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/.ci/setup.sh"

install_missing_packages
build_targets castaway

export CASTAWAY_INVOKED_AS=$0
if [ $# -eq 0 ]; then
    contained "$build/bin/castaway" run "$root/scenarios"
else
    contained "$build/bin/castaway" "$@"
fi
