"""Hidden characters, composed form, and people's addresses, anywhere in a document."""

import pytest

from reconciler.core.document import Document
from reconciler.core.plaintext import address_problems, text_problems


def document(value: object) -> Document:
    return Document("sites/x.json", value, {}, {})


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\u200b", "\ufeff", "\x07", "\n", "\u2028", "\u00ad", "\ue000", "\u0378"])  # fmt: skip
def test_a_character_that_nobody_sees_is_a_problem_in_values_and_keys(hidden: str) -> None:
    found = text_problems(document({f"k{hidden}": [f"v{hidden}"]}))
    assert [p.code for p in found] == ["control-character", "control-character"]


@pytest.mark.parametrize(
    "text", ["Café ☕", "囲碁クラブ", "👩‍👧 club", "❤️‍🔥", "نادي الشطرنج", "naïve “quoted”"]
)
def test_texts_of_all_languages_are_welcome(text: str) -> None:
    assert list(text_problems(document({"title": text}))) == []


@pytest.mark.parametrize(
    "text", ["amira@example.org", "write to <amira.x+y@mail.example.org>!", "mailto:a@b.de"]
)
def test_a_mail_address_is_found_inside_a_text(text: str) -> None:
    assert [p.value for p in address_problems(document(["fine", {"a": text}]))] != []


@pytest.mark.parametrize("text", ["meet @ the club", "@amira", "a@b", "6 pm @room.1"])
def test_an_at_sign_alone_is_no_address(text: str) -> None:
    assert list(address_problems(document(text))) == []
