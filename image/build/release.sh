# Sourced by collect.sh. A release zip, whose sha256 is checked before anything is unpacked.
if [ "$(printf %s "$WORDPRESS_SHA256" | tr -d 0-9a-f | wc -c)" != 0 ] || [ "${#WORDPRESS_SHA256}" != 64 ]; then
    echo "WORDPRESS_SHA256 must be 64 hexadecimal digits" >&2
    exit 1
fi
apt-get install -y -qq --no-install-recommends ca-certificates curl unzip >/dev/null
origin=""
for address in $WORDPRESS_URL; do
    if curl -fsSL --proto '=http,https' --connect-timeout 10 --max-time 300 \
        --max-filesize 200000000 -o /tmp/wordpress.zip "$address" \
        && echo "$WORDPRESS_SHA256  /tmp/wordpress.zip" | sha256sum -c --status; then
        origin=$address
        break
    fi
    echo "not usable: $address (no answer, or another sha256)" >&2
done
if [ -z "$origin" ]; then
    echo "no address gave a WordPress zip with sha256 $WORDPRESS_SHA256" >&2
    exit 1
fi
unzip -q /tmp/wordpress.zip -d /out
for theme in /out/wordpress/wp-content/themes/*/; do
    [ "$(basename "$theme")" = twentytwentyfive ] || rm -rf "$theme"
done
source=release
sha256=$WORDPRESS_SHA256
