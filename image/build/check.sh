#!/bin/sh
# Last build step: what would only show in a running webhead fails the build instead.
set -eu
links=$(find -L /usr/share/wpaas /usr/lib/wpaas -type l)
if [ -n "$links" ]; then
    echo "dangling links: $links" >&2
    exit 1
fi
find /usr/lib/wpaas /usr/share/wpaas/wordpress/wp-config.php \
    /usr/share/wpaas/wordpress/wp-content/mu-plugins -name '*.php' \
    -exec sh -c 'for file; do php -l "$file" >/dev/null || exit 1; done' sh {} +
php -r 'json_decode(file_get_contents("/usr/share/wpaas/wordpress-source.json"), true, 4, JSON_THROW_ON_ERROR);'
