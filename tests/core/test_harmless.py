"""A file that is called harmless has no text in which the long look finds anything."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.document import Document
from reconciler.core.jsontext import parse_json
from reconciler.core.plaintext import address_problems, harmless, text_problems

PIECES = st.sampled_from(
    ("a", "sk-", "ghp_", "A1b2C3d4E5f6G7h8J9k0", "@", "x.example", "\u202e", "\x7f", "ä", "\u0301", "\n", " ")
)  # fmt: skip
TEXT = st.lists(PIECES | st.text(max_size=3), max_size=6).map("".join)


@settings(max_examples=500)
@given(st.dictionaries(TEXT, TEXT, max_size=3), st.booleans())
def test_what_is_harmless_has_no_problem(value: dict[str, str], escaped: bool) -> None:  # noqa: FBT001
    data = json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    parsed = parse_json("x", data).document
    if parsed is None or not harmless(data):
        return
    assert isinstance(parsed, Document)
    assert not [*address_problems(parsed), *text_problems(parsed)]


def test_an_ordinary_file_is_harmless_and_an_odd_one_is_not() -> None:
    assert harmless(b'{"title": "Chess club"}\n')
    for odd in (b'"a@b.example"', b'"\\u202e"', "ä".encode(), b'"\x7f"', b'"ghp_A1b2C3d4E5"'):
        assert not harmless(odd)
