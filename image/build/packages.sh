#!/bin/sh
# Installs packages at the versions of packages.lock: packages.sh STAGE NAME...
# A mirror forgets versions when a security update replaces them. What is gone comes in the mirror's
# version, and both are written to /usr/share/wpaas/packages-not-as-locked: a lock that stops the
# build would stop a fleet on the day of a security update.
set -eu
stage=$1
shift
here=$(dirname "$0")
left=/usr/share/wpaas/packages-not-as-locked
mkdir -p /usr/share/wpaas
export DEBIAN_FRONTEND=noninteractive
install="apt-get install -y -qq --no-install-recommends --allow-downgrades"

apt-get update -qq
. "$here/locked.sh"
# What this image holds already counts as there, whatever the mirror says.
dpkg-query -W -f '${Package}=${Version}\n' > /tmp/held
awk -F= '{ print $1 }' /tmp/locked | xargs -r apt-cache madison | awk -F'|' '{ gsub(/ /, ""); print $1 "=" $2 }' > /tmp/offered
sort -u /tmp/held /tmp/offered > /tmp/there
grep -Fxf /tmp/there /tmp/locked > /tmp/exact || true
grep -Fxvf /tmp/there /tmp/locked > /tmp/gone || true
wanted=""
for name in "$@"; do
    grep -q "^$name=" /tmp/exact || wanted="$wanted $name"
done
# shellcheck disable=SC2046,SC2086
if ! $install $wanted $(cat /tmp/exact) $(sed 's/=.*//' /tmp/gone) >/tmp/log 2>&1; then
    cat /tmp/log >&2
    echo "the versions of packages.lock do not go together any more; the mirror's are taken" >&2
    cp /tmp/locked /tmp/gone
    $install "$@" $(sed 's/=.*//' /tmp/gone)
fi
dpkg-query -W -f '${Package}=${Version}\n' | sort > /tmp/held
cp /tmp/held "$here/$stage.list"
: > "$left"
while IFS='=' read -r name version; do
    now=$(sed -n "s/^$name=//p" /tmp/held)
    [ "$now" = "$version" ] || echo "$name locked $version installed ${now:-none}" >> "$left"
done < /tmp/locked
if [ -s /tmp/locked ]; then
    sed 's/=.*//' /tmp/locked | sort > /tmp/names
    sed 's/=.*//' /tmp/held | sort | comm -23 - /tmp/names | sed 's/$/ not locked/' >> "$left"
fi
cat "$left"
rm -f /tmp/held /tmp/offered /tmp/there /tmp/exact /tmp/gone /tmp/locked /tmp/names /tmp/log
rm -rf /var/lib/apt/lists/* /var/cache/apt/*
