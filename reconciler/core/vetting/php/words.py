"""Lists of names, written as text: some are long, and one name a line would hide the rest."""


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())
