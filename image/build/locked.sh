# Sourced: the lock's lines of one stage ($stage), as NAME=VERSION, in /tmp/locked.
awk -v stage="[$stage]" '/^\[/ { inside = ($0 == stage); next } inside && /^[a-z0-9]/' \
    "$here/packages.lock" > /tmp/locked
