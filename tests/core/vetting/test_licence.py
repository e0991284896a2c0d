"""Licences as people write them, and whether they go with the GPL."""

import json

import pytest
from packages import MAIN, plugin, said

from reconciler.core.vetting.candidate import Candidate
from reconciler.core.vetting.headers import about
from reconciler.core.vetting.licence import COMPATIBLE, INCOMPATIBLE, fits, licence_findings, spdx

NAMES = [
    ("GPLv2 or later", "GPL-2.0-or-later"),
    ("GPLv2 or later.", "GPL-2.0-or-later"),
    ("GPL2", "GPL-2.0-only"),
    ("GPL v2+", "GPL-2.0-or-later"),
    ("GPL-2.0+", "GPL-2.0-or-later"),
    ("GNU General Public License v2 or later", "GPL-2.0-or-later"),
    ("GNU General Public License, version 3", "GPL-3.0-only"),
    ("GPLv3", "GPL-3.0-only"),
    ("GPL", "GPL-2.0-or-later"),
    ("LGPL-2.1+", "LGPL-2.1-or-later"),
    ("GNU Lesser General Public License v3.0", "LGPL-3.0-only"),
    ("http://www.gnu.org/licenses/gpl-2.0.html", "GPL-2.0-only"),
    ("https://www.gnu.org/licenses/old-licenses/gpl-2.0.html", "GPL-2.0-only"),
    ("MIT license (http://www.opensource.org/licenses/mit-license.php)", "MIT"),
    ("The MIT License (MIT)", "MIT"),
    ("Apache 2 (http://www.apache.org/licenses/LICENSE-2.0.html)", "Apache-2.0"),
    ("Apache License, Version 2.0", "Apache-2.0"),
    ("New BSD License", "BSD-3-Clause"),
    ("BSD", "BSD-3-Clause"),
    ("mit", "MIT"),
    ("UNLICENSED", "proprietary"),
    ("Envato Regular License", "proprietary"),
    ("Our own terms", ""),
    ("GPLv1", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "name"), NAMES)
def test_a_licence_gets_its_name(text: str, name: str) -> None:
    assert spdx(text) == name


def test_every_name_is_its_own_name() -> None:
    for name in COMPATIBLE | INCOMPATIBLE:
        assert spdx(name) == name
        assert fits(name) is (name in COMPATIBLE)


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("(MIT OR proprietary)", "yes"),
        ("MIT AND BSD-4-Clause", "no"),
        ("MIT AND ISC", "yes"),
        ("GPL-2.0-or-later WITH Classpath-exception-2.0", "yes"),
        ("MIT/GPL2", "yes"),
        ("BUSL-1.1", "no"),
        ("whatever OR BUSL-1.1", "nobody knows"),
        ("whatever", "nobody knows"),
    ],
)
def test_expressions_are_judged_by_their_parts(expression: str, wanted: str) -> None:
    assert {True: "yes", False: "no", None: "nobody knows"}[fits(expression)] == wanted


def found(candidate: Candidate) -> list[str]:
    return said(licence_findings(candidate, about(candidate)))


@pytest.mark.parametrize(
    ("licence", "wanted"),
    [
        (" * License: GPL-2.0-or-later\n", []),
        ("", ["block licence-missing event-list.php:1"]),
        (" * License: CC-BY-NC-4.0\n", ["block licence-incompatible event-list.php:1"]),
        (" * License: ours\n", ["warn licence-unclear event-list.php:1"]),
        (" */\n/* SPDX-License-Identifier: GPL-2.0+\n", []),
    ],
)
def test_the_own_licence_is_judged(licence: str, wanted: list[str]) -> None:
    assert found(plugin(main=MAIN.replace(" * License: GPL-2.0-or-later\n", licence))) == wanted


def test_a_licence_file_will_do() -> None:
    bare = MAIN.replace(" * License: GPL-2.0-or-later\n", "")
    text = "GNU GENERAL PUBLIC LICENSE\n  Version 2, June 1991\n"
    assert found(plugin({"LICENSE.txt": text}, main=bare)) == []
    assert found(plugin({"docs/LICENSE.txt": text}, main=bare)) != []


def test_what_is_bundled_is_judged_too() -> None:
    closed = json.dumps({"name": "x/closed", "license": "proprietary"})
    assert found(plugin({"vendor/x/closed/composer.json": closed})) == [
        "block licence-incompatible vendor/x/closed/composer.json:1"
    ]
    assert found(plugin({"composer.json": closed})) == []  # its own, and the header counts
    both = json.dumps({"license": ["proprietary", "MIT"]})
    assert found(plugin({"vendor/x/y/composer.json": both})) == []


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "null", '"x"', '{"license": 7}', "\xff"])
def test_a_broken_manifest_is_no_crash(text: str) -> None:
    data = text.encode("latin-1")
    assert found(plugin({"vendor/a/composer.json": data, "composer/installed.json": data})) == []
