#!/bin/sh
# The tests of certificates read them with poppler's programs: those installed, else Debian's
# package when we are root. SoftHSM comes along where it can: without it one test is skipped.
set -eu
missing=""
for name in pdfsig pdftoppm pdfinfo; do
  command -v "$name" >/dev/null 2>&1 || missing="$missing $name"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing poppler from Debian's packages"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends poppler-utils >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends softhsm2 >/dev/null 2>&1 || true
  exit 0
fi
echo "The tests of certificates need$missing: install the package 'poppler-utils' and try again." >&2
exit 1
