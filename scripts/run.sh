# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Finds a Python of at least 3.10 that really runs, and hands over to bootstrap.py. Set PYTHON to choose one.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

# A version manager's shim fails when its Python is not selected; the versions beside it do not.
shim=$(command -v python3 || command -v python || true)

for candidate in "${PYTHON:-}" python3.13 python3.12 python3.14 python3.11 python3.10 python3 python \
    "${PYENV_ROOT:-${HOME:-/nonexistent}/.pyenv}"/versions/*/bin/python3 "${shim%/shims/*}"/versions/*/bin/python3 \
    /usr/bin/python3* /usr/local/bin/python3* /opt/*/bin/python3*; do
    if [ -n "$candidate" ] && "$candidate" -E -c 'import sys; sys.exit(sys.version_info < (3, 10))' </dev/null >/dev/null 2>&1; then
        exec "$candidate" -E "$here/bootstrap.py" "$@"
    fi
done

echo "No Python 3.10 or later was found. Install one, or name it: make PYTHON=/path/to/python3 ..." >&2
exit 1
