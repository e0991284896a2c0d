"""How a problem reads, and that it never shows a secret."""

import re
from pathlib import Path
from typing import get_args

import pytest

from reconciler.core.nearest import nearest
from reconciler.core.problem import HIDDEN, Problem, ProblemCode, looks_secret, shown

DOCUMENT = Path(__file__).parents[2] / "docs" / "problems.md"


def test_every_problem_code_has_its_section() -> None:
    headings = re.findall(r"^## (\S+)$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == sorted(get_args(ProblemCode))


def test_a_problem_reads_as_place_code_message_and_fix() -> None:
    problem = Problem(
        code="plugin-not-vetted", file="sites/chess-club.json", line=14, column=5,
        pointer="/plugins/2", value="super-popup", message="not allowed", fix="remove it",
    )  # fmt: skip
    assert str(problem) == (
        "sites/chess-club.json:14:5: error: plugin-not-vetted at /plugins/2: not allowed\n"
        "  fix: remove it"
    )


@pytest.mark.parametrize(
    "text",
    ["ghp_0123456789abcdefghij", "AKIAIOSFODNN7EXAMPLE", "xoxb-123456789012-abcdef",
     "-----BEGIN RSA PRIVATE KEY-----", "see glpat-abcdefghijklmnop for it",
     "pW9zK3vQ7xLr2TnB8mYc4JdH6fGs1RaU"],
)  # fmt: skip
def test_secrets_are_known_by_prefix_or_randomness(text: str) -> None:
    assert looks_secret(text)
    assert shown(text) == HIDDEN


@pytest.mark.parametrize(
    "text",
    ["Every Thursday, boards and tea", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "image/plugins/site-notice", "https://downloads.example/wordpress-6.8.1.zip", "twentytwentyfive",
     "Rindfleischetikettierungsgesetz"],
)  # fmt: skip
def test_words_and_digests_are_no_secrets(text: str) -> None:
    assert not looks_secret(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [("a\u202eb\n", "a\\u202eb\\u000a"), ("x" * 80, "x" * 59 + "…"), (True, "true"), (None, "null"),
     (2.0, "2.0"), ([1, 2], "a list of 2"), ({}, "an object of 0")],
)  # fmt: skip
def test_values_are_escaped_and_cut(value: object, text: str) -> None:
    assert shown(value) == text


def test_the_nearest_word_is_found_and_a_far_one_is_not() -> None:
    words = ("aliases", "primary", "www")
    assert nearest("alias", words) == ("aliases",)
    assert nearest("Primry", words) == ("primary",)
    assert nearest("wide", words) == ()
