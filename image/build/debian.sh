# Sourced by collect.sh. Debian's package: no theme inside, libraries as links into other packages,
# its own wp-config.php. Unpacked without installing (its dependencies name a web server), into
# this stage's root so that the absolute links hit; then copied with links followed.
cd /tmp
apt-get install -y -qq --no-install-recommends ca-certificates >/dev/null
for name in wordpress wordpress-l10n wordpress-theme-twentytwentyfive \
    libjs-cropper libjs-lodash libjs-underscore php-getid3; do
    version=$(sed -n "s/^$name=//p" /tmp/locked)
    # A version that the mirror has forgotten must not stop the build: see packages.sh.
    apt-get download -qq "$name=${version:-none}" 2>/dev/null || apt-get download -qq "$name"
done
for package in ./*.deb; do
    dpkg -x "$package" /
    dpkg-deb -W --showformat='${Package}=${Version}\n' "$package" >> /build/wordpress.list
done
rm -f /usr/share/wordpress/.htaccess   # links to Apache's file in /etc
cp -RL /usr/share/wordpress /out/wordpress   # a dangling link fails here
source=debian
origin="debian:wordpress=$(dpkg-deb -f wordpress_*.deb Version)"
sha256=$(sha256sum wordpress_*.deb | cut -d' ' -f1)
