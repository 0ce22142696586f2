#!/bin/sh
# Installs pyHanko, the PAdES validator the tests compare with, into a virtual environment under the target
# directory, and prints the path of its command:
#
#   PYHANKO=$(infrastructure/press/tests/install-pyhanko.sh) cargo test -p press
set -eu
root=$(cd "$(dirname "$0")/../../.." && pwd)
environment=${CARGO_TARGET_DIR:-$root/target}/pyhanko
if [ ! -x "$environment/bin/pyhanko" ]; then
    python3 -m venv "$environment" >&2
    "$environment/bin/pip" install --quiet pyhanko==0.38.0 pyhanko-cli==0.6.0 >&2
fi
echo "$environment/bin/pyhanko"
