"""The quick look at a domain passes nothing that the rules would find a fault with."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.core import domains
from reconciler.core.document import Document

PARTS = st.sampled_from(
    ("garden", "club", "1", "x--y", "xn--", "xn--bcher-kva", "a" * 63, "a" * 64, "0x7f", "org", "é", "")
)  # fmt: skip
PIECES = st.sampled_from(
    (".", "..", "-", "*", ":", "://", "/", "\n", " ", "A", "\u00ad", "_", "com")
)


@settings(max_examples=2_000)
@given(st.lists(PARTS | PIECES | st.just("."), max_size=9).map("".join))
@example("garden-club.org")
@example("garden-club.org\n")
@example("a.xn--")
@example("127.1")
@example(".".join(["a" * 63] * 4))
def test_what_looks_plain_has_no_fault(domain: str) -> None:
    if domains._PLAIN.fullmatch(domain):  # noqa: SLF001 - the one fact that is compared
        assert domains._faulty(Document("x", {}, {}, {}), "", domain) is None  # noqa: SLF001


def test_nearly_every_domain_looks_plain() -> None:
    for domain in ("garden-club.org", "www.chess.example", "a.bc", "x" * 63 + ".co.uk", "4you.org"):
        assert domains._PLAIN.fullmatch(domain)  # noqa: SLF001
