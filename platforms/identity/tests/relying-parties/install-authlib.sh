#!/bin/sh
# Installs Authlib, a relying party the tests sign in with, into a virtual environment under the target directory, and
# prints the path of its Python:
#
#   AUTHLIB=$(platforms/identity/tests/relying-parties/install-authlib.sh) cargo test -p identity
set -eu
root=$(cd "$(dirname "$0")/../../../.." && pwd)
environment=${CARGO_TARGET_DIR:-$root/target}/authlib
if [ ! -x "$environment/bin/python" ] || ! "$environment/bin/python" -c 'import authlib, requests' 2>/dev/null; then
    python3 -m venv "$environment" >&2
    "$environment/bin/pip" install --quiet authlib==1.6.5 requests==2.32.5 >&2
fi
echo "$environment/bin/python"
