"""What of a built base goes into its layers."""

import pytest

from reconciler.core.rootfs import file_digest, is_settled, kept, part_of, settled, time_of


@pytest.mark.parametrize(
    ("path", "stays"),
    [
        ("etc/passwd", True), ("etc/passwd-", False), ("etc/shadow", True), ("etc/machine-id", False),
        ("etc/hostname", False), ("etc/resolv.conf", False), (".dockerenv", False),
        ("var/log", True), ("var/log/dpkg.log", False), ("var/cache/ldconfig/aux-cache", False),
        ("var/lib/dpkg/status", True), ("var/lib/dpkg/status-old", False), ("var/lib/apt/lists/x", False),
        ("var/lib/dpkg/info/nginx.list", True), ("run", True), ("run/lock", False), ("tmp/x", False),
        ("usr/share/doc/nginx/copyright", True), ("usr/share/doc/nginx/changelog.gz", False),
        ("usr/share/man/man1/ls.1.gz", False), ("etc/apt/sources.list", False),
        ("etc/apt/sources.list.d/debian.sources", False), ("etc/apt/trusted.gpg.d/a.gpg", True),
        ("etc/apt/apt.conf.d/01proxy", False), ("build/packages.sh", False), ("root/.bash_history", False),
        ("usr/bin/php8.4", True), ("usr/share/wpaas/wordpress/index.php", True),
    ],
)  # fmt: skip
def test_what_differs_from_run_to_run_stays_out(path: str, stays: bool) -> None:
    assert kept(path) == stays


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("usr/bin/php8.4", "debian"), ("etc/nginx", "debian"), ("etc/nginx/nginx.conf", "webhead"),
        ("usr/lib/wpaas/init", "webhead"), ("etc/php/8.4/fpm/php-fpm.conf", "webhead"),
        ("usr/share/wpaas", "debian"), ("usr/share/wpaas/wordpress-source.json", "wordpress"),
        ("usr/share/wpaas/wordpress/wp-load.php", "wordpress"),
        ("usr/share/wpaas/wordpress/wp-config.php", "webhead"),
        ("usr/share/wpaas/wordpress/wp-content/mu-plugins/wpaas.php", "webhead"),
        ("usr/share/wpaas/wordpress/wp-content/themes/a/style.css", "wordpress"),
    ],
)  # fmt: skip
def test_a_change_to_ours_is_a_small_layer(path: str, part: str) -> None:
    assert part_of(path) == part


def test_the_day_of_the_build_is_not_in_the_passwords_file() -> None:
    monday = b"root:*:20770:0:99999:7:::\nwww-data:!:20770::::::\n"
    tuesday = monday.replace(b"20770", b"20771")
    assert is_settled("etc/shadow")
    assert settled("etc/shadow", monday) == settled("etc/shadow", tuesday) != monday
    assert settled("etc/shadow", monday).startswith(b"root:*:1:0:99999:7:::\n")


def test_times_follow_the_content() -> None:
    one, other = time_of(file_digest(b"a")), time_of(file_digest(b"b"))
    assert one != other
    assert 1_000_000_000 <= min(one, other) <= max(one, other) < 1_500_000_000
