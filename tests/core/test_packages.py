"""Which versions a site has, and which of them the image holds."""

from dataclasses import replace
from datetime import date

import pytest

from reconciler.core.manifest import Allowlist, Package, PackageState, Site, SourceArchive
from reconciler.core.packages import grants_of, packages_in_use, users_of
from reconciler.core.vetting.candidate import Grants

EVENTS = Package(
    slug="event-list",
    kind="plugin",
    version="3.10",
    source=SourceArchive("wordpress.org"),
    tree_sha256="0" * 64,
    license="GPL-2.0-or-later",
    state="approved",
    reason="asked for",
)
CHESS = Site(name="chess-club", title="Chess", owners=("amira",), plugins=("event-list",))


def at(version: str, state: PackageState = "approved", until: str | None = None) -> Package:
    return replace(EVENTS, version=version, state=state, until=until)


def names(packages: tuple[Package, ...]) -> list[str]:
    return [f"{p.kind} {p.slug} {p.version}" for p in packages]


@pytest.mark.parametrize(
    ("packages", "version"),
    [
        ((at("3.9"), at("3.10"), at("3.2")), "3.10"),
        ((at("3.9"), at("3.10", "deprecated")), "3.9"),
        ((at("3.9"), at("3.10", "blocked")), "3.9"),
        ((at("3.9", "deprecated"), at("3.10", "blocked")), "3.9"),
        ((at("3.9", "blocked"), at("3.10", "blocked")), "3.10"),
        ((at("3.10-rc1"), at("3.9")), "3.10-rc1"),
    ],
)
def test_the_default_is_the_newest_of_the_best_state(
    packages: tuple[Package, ...], version: str
) -> None:
    for order in (packages, packages[::-1]):
        found = Allowlist(order).find("plugin", "event-list")
        assert found is not None
        assert found.version == version


def test_a_version_is_found_by_its_text_and_another_kind_is_not() -> None:
    allowlist = Allowlist((at("3.9"), at("3.10")))
    assert allowlist.find("plugin", "event-list", "3.9") == at("3.9")
    assert allowlist.find("plugin", "event-list", "3.9.0") is None
    assert allowlist.find("theme", "event-list") is None
    assert allowlist.slugs("plugin") == ("event-list",)


def test_the_image_holds_each_default_and_what_sites_pin() -> None:
    theme = replace(EVENTS, kind="theme", slug="plain", version="1.0")
    old = replace(EVENTS, slug="old", state="deprecated")
    allowlist = Allowlist((theme, at("3.10"), at("3.2"), at("3.9"), old, at("3.11", "blocked")))
    pinned = replace(CHESS, plugin_versions={"event-list": "3.9"})
    assert names(packages_in_use(allowlist, [])) == [
        "plugin event-list 3.10", "plugin old 3.10", "theme plain 1.0",
    ]  # fmt: skip
    assert names(packages_in_use(allowlist, [pinned, CHESS])) == [
        "plugin event-list 3.9", "plugin event-list 3.10", "plugin old 3.10", "theme plain 1.0",
    ]  # fmt: skip


def test_what_is_blocked_or_unknown_is_not_in_the_image() -> None:
    allowlist = Allowlist((at("3.10", "blocked"), at("3.9", "blocked")))
    pinned = replace(CHESS, plugin_versions={"event-list": "3.9", "unknown": "1.0"})
    assert packages_in_use(allowlist, [pinned]) == ()


def test_the_users_of_a_version_are_those_that_pin_it_or_have_it_by_default() -> None:
    allowlist = Allowlist((at("3.10"), at("3.9"), replace(EVENTS, kind="theme", slug="plain")))
    pinned = replace(CHESS, name="tea-house", plugin_versions={"event-list": "3.9"})
    themed = replace(CHESS, name="garden-club", plugins=(), theme="plain")
    sites = [pinned, CHESS, themed]
    assert users_of(allowlist, at("3.10"), sites) == ("chess-club",)
    assert users_of(allowlist, at("3.9"), sites) == ("tea-house",)
    assert users_of(allowlist, replace(EVENTS, kind="theme", slug="plain"), sites) == (
        "garden-club",
    )


@pytest.mark.parametrize(
    ("state", "day", "counts_as"),
    [
        ("approved", "2026-08-31", "approved"), ("approved", "2026-09-01", "deprecated"),
        ("deprecated", "2026-08-31", "deprecated"), ("deprecated", "2026-09-01", "blocked"),
        ("blocked", "2026-09-01", "blocked"),
    ],
)  # fmt: skip
def test_a_state_ends_with_its_last_day(state: PackageState, day: str, counts_as: str) -> None:
    package = at("3.10", state, until="2026-08-31")
    assert package.on(date.fromisoformat(day)).state == counts_as


def test_grants_are_those_of_the_entry() -> None:
    granted = replace(EVENTS, network=("a.example",), cron=("purge",), writes="uploads")
    assert grants_of(granted) == Grants(network=("a.example",), cron=("purge",), writes="uploads")
