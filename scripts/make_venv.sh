#!/usr/bin/env bash
# make_venv.sh DIR: a virtual environment with Python 3.11 or later. As root on Debian or Ubuntu, what is missing is installed.
set -euo pipefail
dir=$1

suits() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

choose() {
    local name
    for name in python3 python3.13 python3.12 python3.11 python3.14; do
        if suits "$name"; then echo "$name"; return; fi
    done
    return 1
}

install_debian_packages() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    echo "installing $*" >&2
    apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

if [ -x "$dir/bin/python" ] && suits "$dir/bin/python" && "$dir/bin/python" -m pip --version >/dev/null 2>&1; then
    exit 0
fi

if ! python=$(choose); then
    install_debian_packages python3 python3-venv || true
    python=$(choose) || { echo "Python 3.11 or later is needed: sudo apt-get install python3 python3-venv" >&2; exit 1; }
fi

# Debian ships venv without ensurepip until python3-venv is there.
if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    install_debian_packages "python$version-venv" || install_debian_packages python3-venv || {
        echo "Python's venv module is missing: sudo apt-get install python3-venv" >&2
        exit 1
    }
fi

rm -rf "$dir"
"$python" -m venv "$dir"
echo "made $dir with $("$dir/bin/python" --version)"
