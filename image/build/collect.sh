#!/bin/sh
# Build stage: puts WordPress core under /out/wordpress, without links, plugins or configuration,
# and says in /out/wordpress-source.json where it came from.
# With WORDPRESS_URL (addresses separated by spaces) the release zip, else Debian's package.
set -eu
stage=wordpress
here=/build
mkdir -p /out
apt-get update -qq
. /build/locked.sh
if [ -n "$WORDPRESS_URL" ]; then
    . /build/release.sh
else
    . /build/debian.sh
fi
tree=/out/wordpress

# What a webhead must not have: other configurations, hints at the version, bundled plugins.
rm -rf "$tree/wp-config.php" "$tree/wp-config-sample.php" "$tree/.htaccess" "$tree/readme.html" \
    "$tree/license.txt" "$tree/wp-admin/install.php" "$tree/wp-admin/setup-config.php" \
    "$tree/wp-content/plugins" "$tree/wp-content/uploads" "$tree/wp-content/upgrade"
mkdir -p "$tree/wp-content/plugins" "$tree/wp-content/mu-plugins" "$tree/wp-content/languages"
printf '<?php\n// Silence is golden.\n' > "$tree/wp-content/plugins/index.php"

# Language packs: the five locales of the platform; en_US needs none.
for pack in "$tree"/wp-content/languages/*; do
    case "${pack##*/}" in
        *de_DE.* | *fr_FR.* | *es_ES.* | *nl_NL.*) ;;
        *) rm -rf "$pack" ;;
    esac
done

# A dangling link gave a page of 0 bytes with status 200: links were followed, none may be left.
links=$(find "$tree" -type l)
if [ -n "$links" ]; then
    echo "links left in the WordPress tree: $links" >&2
    exit 1
fi
for needed in wp-load.php wp-includes/version.php wp-includes/PHPMailer/PHPMailer.php \
    wp-includes/ID3/getid3.php wp-includes/certificates/ca-bundle.crt \
    wp-includes/js/underscore.min.js wp-content/themes/twentytwentyfive/style.css; do
    if [ ! -s "$tree/$needed" ]; then
        echo "missing or empty in the WordPress tree: $needed" >&2
        exit 1
    fi
done

version=$(sed -n "s/^\$wp_version = '\([^']*\)';/\1/p" "$tree/wp-includes/version.php")
schema=$(sed -n "s/^\$wp_db_version = \([0-9]*\);/\1/p" "$tree/wp-includes/version.php")
cat > /out/wordpress-source.json <<JSON
{"source": "$source", "version": "$version", "schema": "$schema", "url": "$origin", "sha256": "$sha256"}
JSON
chown -R root:root /out
find /out -type d -exec chmod 0755 {} +
find /out -type f -exec chmod 0644 {} +
