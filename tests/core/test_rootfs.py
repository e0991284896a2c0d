"""What of a built base goes into its layers."""

import pytest

from reconciler.core.rootfs import file_digest, is_settled, kept, part_of, settled, time_of


@pytest.mark.parametrize(
    ("path", "fate"),
    [
        ("etc/passwd", "kept"), ("etc/passwd-", "out"), ("etc/shadow", "kept"), ("etc/machine-id", "out"),
        ("etc/hostname", "out"), ("etc/resolv.conf", "out"), (".dockerenv", "out"),
        ("var/log", "kept"), ("var/log/dpkg.log", "out"), ("var/cache/ldconfig/aux-cache", "out"),
        ("var/lib/dpkg/status", "kept"), ("var/lib/dpkg/status-old", "out"), ("var/lib/apt/lists/x", "out"),
        ("var/lib/dpkg/info/nginx.list", "kept"), ("run", "kept"), ("run/lock", "out"), ("tmp/x", "out"),
        ("usr/share/doc/nginx/copyright", "kept"), ("usr/share/doc/nginx/changelog.gz", "out"),
        ("usr/share/man/man1/ls.1.gz", "out"), ("etc/apt/sources.list", "out"),
        ("etc/apt/sources.list.d/debian.sources", "out"), ("etc/apt/trusted.gpg.d/a.gpg", "kept"),
        ("etc/apt/apt.conf.d/01proxy", "out"), ("build/packages.sh", "out"), ("root/.bash_history", "out"),
        ("usr/bin/php8.4", "kept"), ("usr/share/wpaas/wordpress/index.php", "kept"),
    ],
)  # fmt: skip
def test_what_differs_from_run_to_run_stays_out(path: str, fate: str) -> None:
    assert kept(path) == (fate == "kept")


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
