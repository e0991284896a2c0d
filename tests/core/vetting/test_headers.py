"""The main file and its headers, as WordPress reads them."""

import pytest
from packages import MAIN, STYLE, plugin, said, theme

from reconciler.core.vetting.candidate import Candidate
from reconciler.core.vetting.headers import HEADER_BYTES, About, about, header_findings


def found(candidate: Candidate) -> list[str]:
    return said(header_findings(candidate, about(candidate)))


README = (
    "=== Event List ===\nContributors: nils, amira\nTested up to: 6.8\nStable tag: 3.10\n\nText.\n"
)


def test_headers_and_readme_are_read() -> None:
    candidate = plugin({"readme.txt": README})
    assert about(candidate) == About(
        main="event-list.php", name="Event List", version="3.10", author="Nils B.",
        licence="GPL-2.0-or-later", text_domain="event-list", tested_up_to="6.8",
        stable_tag="3.10", contributors=("amira", "nils"),
    )  # fmt: skip
    assert found(candidate) == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_will_do(end: str) -> None:
    assert about(plugin(main=MAIN.replace("\n", end))).version == "3.10"


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (" * Version: 3.10\n", "", ["block header-missing event-list.php:1"]),
        ("3.10", "3.9", ["block version-differs event-list.php:4"]),
        ("Domain: event-list", "Domain: events", ["info text-domain-differs event-list.php:7"]),
        (" */", " * Update URI: https://x.example/\n */", ["block update-uri event-list.php:8"]),
        (" */", " * Update URI: false\n */", []),
        (" */", " * Update URI: https://wordpress.org/plugins/event-list/\n */", []),
        (" */", " * Network: true\n */", ["block network-only event-list.php:8"]),
        (" */", " * Network: false\n */", []),
    ],
)  # fmt: skip
def test_a_wrong_header_is_found_on_its_line(old: str, new: str, wanted: list[str]) -> None:
    assert found(plugin(main=MAIN.replace(old, new))) == wanted


def test_a_stable_tag_of_another_version_is_found() -> None:
    readme = README.replace("Stable tag: 3.10", "Stable tag: 3.9")
    assert found(plugin({"readme.txt": readme})) == ["warn stable-tag-differs event-list.php:1"]
    trunk = README.replace("Stable tag: 3.10", "Stable tag: trunk")
    assert found(plugin({"readme.txt": trunk})) == []


def test_a_second_main_file_is_found_and_a_deeper_one_is_none() -> None:
    assert found(plugin({"other.php": MAIN})) == ["block main-file event-list.php:1"]
    assert found(plugin({"inc/other.php": MAIN, "third.txt": MAIN})) == []


def test_no_main_file_is_found() -> None:
    assert found(plugin(main="<?php\n")) == ["block main-file :1"]
    assert found(plugin(main="<?php" + " " * HEADER_BYTES + MAIN)) == ["block main-file :1"]


def test_a_header_in_code_is_found_and_one_in_a_later_comment_is_not() -> None:
    sly = MAIN.replace("<?php", "<?php\n$x = '\nVersion: 9.9\n';")
    assert "warn header-misplaced event-list.php:3" in found(plugin(main=sly))
    assert found(plugin(main=MAIN.replace("<?php", "<?php\n/** @package x */"))) == []
    assert found(plugin(main=MAIN.replace("<?php", "<?php\n// one\n# two"))) == []


def test_a_theme_needs_its_style_sheet_and_a_template() -> None:
    assert found(theme({"style.css": STYLE, "index.php": "<?php"})) == []
    assert found(theme({"style.css": STYLE, "templates/index.html": ""})) == []
    child = STYLE.replace("Version", "Template: twentytwentyfive\nVersion")
    assert found(theme({"style.css": child})) == []
    assert found(theme({"style.css": STYLE})) == ["block theme-incomplete :1"]
    assert found(theme({"index.php": ""})) == ["block theme-incomplete style.css:1"]
