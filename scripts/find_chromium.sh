#!/usr/bin/env bash
# find_chromium.sh FILE: writes the path of a working Chromium into FILE, for the tests in a browser.
#
# In this order: SEKISHO_TEST_CHROMIUM; what FILE names already; the system's; Debian's package, as root; npm's @sparticuz/chromium; Playwright's own.
set -euo pipefail
file=$1
root=$(cd "$(dirname "$0")/.." && pwd)

works() {
    [ -n "$1" ] && timeout 30 "$1" --headless --no-sandbox --version >/dev/null 2>&1 </dev/null
}

take() {
    works "$1" || return 1
    mkdir -p "$(dirname "$file")"
    echo "$1" >"$file"
}

of_the_system() {
    local name path
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        path=$(command -v "$name" || true)
        if take "$path"; then return; fi
    done
    return 1
}

from_debian() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    echo "installing chromium and fonts-noto-cjk" >&2
    apt-get update -qq >&2 || return 1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >&2 || return 1
    of_the_system
}

# The npm package carries a packed Chromium for bare machines, with the few libraries they lack. It unpacks into the temporary folder.
from_npm() {
    local package=$root/scripts/chromium unpacked=$root/scripts/chromium/node_modules/.unpacked
    echo "fetching Chromium from npm" >&2
    (cd "$package" && ../npm.sh ci >&2) || return 1
    mkdir -p "$unpacked"
    (cd "$package" && AWS_EXECUTION_ENV=AWS_Lambda_nodejs22.x TMPDIR=$unpacked ../npm.sh exec --no -- node unpack.js) >&2 || return 1
    if take "$unpacked/chromium"; then return; fi
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%q exec %q "$@"\n' "$unpacked/al2023/lib" "$unpacked/chromium" >"$unpacked/chromium-with-libraries"
    chmod 755 "$unpacked/chromium-with-libraries"
    take "$unpacked/chromium-with-libraries"
}

from_playwright() {
    local python=$root/.venv/bin/python
    echo "fetching Chromium by Playwright" >&2
    "$python" -m playwright install chromium >&2 || return 1
    take "$("$python" -c 'from playwright.sync_api import sync_playwright as start
with start() as playwright:
    print(playwright.chromium.executable_path)')"
}

if [ -n "${SEKISHO_TEST_CHROMIUM:-}" ]; then
    take "$SEKISHO_TEST_CHROMIUM" || { echo "SEKISHO_TEST_CHROMIUM=$SEKISHO_TEST_CHROMIUM does not start" >&2; exit 1; }
elif [ -s "$file" ] && works "$(cat "$file")"; then
    :
else
    of_the_system || from_debian || from_npm || from_playwright || {
        echo "No Chromium for the tests: install one (sudo apt-get install chromium fonts-noto-cjk) or set SEKISHO_TEST_CHROMIUM" >&2
        exit 1
    }
fi
